"""Brings the catalogue up to date: reads the listing, writes what differs, records the changes."""
