"""Syncs the catalogue: reads the listing, writes differences, records changes."""
