"""The tree of turns, and writing a new one with its run."""
