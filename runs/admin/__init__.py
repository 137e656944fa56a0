"""Admin pages of runs, uploads, workers and presets, and of keys."""

from runs.admin import runs

__all__ = ["runs"]
