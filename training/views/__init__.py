"""The pages below `/training/`."""
