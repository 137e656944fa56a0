"""Ownership of runs: deleting and restoring them, handing them over."""
