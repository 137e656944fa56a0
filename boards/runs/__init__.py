"""A board's runs: writing, reuse, caps, progress."""
