"""Views of runs outside a model's page: files, moves, and upstream's webhooks."""
