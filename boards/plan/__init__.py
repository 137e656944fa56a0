"""Plans: what a board will run, read from a form."""
