"""The change log of the catalogue: recording and display."""
