"""A board's runs: creating and reusing them, caps, progress."""
