"""Prepares boards for display."""
