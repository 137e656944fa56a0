"""Prepares the pages of flows."""
