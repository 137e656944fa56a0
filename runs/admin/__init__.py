"""Admin pages of runs, uploads, workers and presets, and of keys."""

from runs.admin import keys, runs

__all__ = ["keys", "runs"]
