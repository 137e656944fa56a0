"""Money in a browser."""
