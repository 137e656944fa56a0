"""Live sessions: relays input and results between a page and upstream."""
