"""Fault injection on whole runs: real processes are killed, upstream sends invalid answers."""
