"""Admin pages of runs, uploads, workers and presets, of keys, and of users."""

from playground.admin import keys, people, runs

__all__ = ["keys", "people", "runs"]
