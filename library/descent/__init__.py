"""Where a result came from, and what was made of it."""
