"""Figures that need a whole table; a worker computes them from time to time, pages show them."""

from __future__ import annotations

from django.db import models

from core.db.json_field import ExactJSONField


class KeptFigures(models.Model):
    """The figures of one kind, and when they were computed (`runs/results/figures.py`)."""

    kind = models.CharField(primary_key=True, max_length=32)
    values = ExactJSONField(default=dict)
    made_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(help_text="when a worker computes them again")

    def __str__(self) -> str:
        return self.kind
