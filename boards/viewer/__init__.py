"""Compares two to four cells closely."""
