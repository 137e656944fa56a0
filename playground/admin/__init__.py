"""Admin pages of runs, uploads, workers and presets, and of keys."""

from playground.admin import keys, runs

__all__ = ["keys", "runs"]
