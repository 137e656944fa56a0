"""Prepares conversations for display."""
