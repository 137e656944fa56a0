"""The admin of runs, uploads, workers and presets, and of the people that they belong to."""

from playground.admin import people, runs

__all__ = ["people", "runs"]
