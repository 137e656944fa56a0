"""How the cost of each entry point grows with its input."""
