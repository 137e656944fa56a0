"""The cost of runs, expected and billed."""
