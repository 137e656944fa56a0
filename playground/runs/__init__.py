"""A run's state machine, how its changes are committed, and the words shown about it."""
