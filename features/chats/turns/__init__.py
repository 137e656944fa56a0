"""The tree of turns; writing a new turn with its run."""
