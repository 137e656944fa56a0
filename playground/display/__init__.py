"""Prepares runs and results for display."""
