"""Admin pages of runs, uploads, workers and presets, and of users."""

from playground.admin import people, runs

__all__ = ["people", "runs"]
