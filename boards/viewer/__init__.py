"""The viewer, which compares two to four cells in detail."""
