"""Whose runs they are: deleting and restoring them, handing them over."""
