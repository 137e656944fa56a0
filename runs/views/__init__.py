"""Pages of runs that are no model's: files, moves, and upstream's webhooks."""
