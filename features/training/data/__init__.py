"""Data sets: a trainer's requirements, the files, and the ZIP made of them."""
