"""Data sets, and the forms of trainers."""
