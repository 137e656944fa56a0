"""Checks that run before a process starts; the first that fails ends the start with a sentence."""
