"""Checks before a process starts; the first that fails ends it with a one-sentence message."""
