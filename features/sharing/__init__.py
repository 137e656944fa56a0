"""Handing work on: shares and reviews, above all rooms whose things they show."""
