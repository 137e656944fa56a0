"""Admin pages of runs, uploads, workers and presets, of keys, and of users."""

from people.house import admin as people
from runs.admin import keys, runs

__all__ = ["keys", "people", "runs"]
