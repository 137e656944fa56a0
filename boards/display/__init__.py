"""A board as pages show it."""
