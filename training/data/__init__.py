"""Data sets: what a trainer wants, what a data set holds, and the ZIP made of it."""
