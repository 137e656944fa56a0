"""Comments on boards: written, read, resolved, deleted."""
