"""Handing work on: shares, reviews and reports, above all rooms whose things they show."""
