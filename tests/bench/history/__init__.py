"""A history of a million runs (G12)."""
