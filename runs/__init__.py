"""A run's state machine, how its changes are committed, and the texts that describe it."""
