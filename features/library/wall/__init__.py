"""All results: which of them a list shows, and how the wall groups them."""
