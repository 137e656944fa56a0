"""Plans: what a board will run, parsed from a form."""
