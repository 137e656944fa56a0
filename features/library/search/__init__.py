"""The search through results: parses its line, and finds the runs with an index."""
