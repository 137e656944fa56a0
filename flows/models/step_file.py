"""A file that a single step of an account's workflow returned, and our copy of it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from runs.models import Run, Upload


class StepFile(models.Model):
    """One file of a step; a row without an address marks a run whose files are not listed yet."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="step_files")
    position = models.PositiveIntegerField(help_text="among the files of the run's steps, from 1")
    url = models.TextField(blank=True, help_text="at upstream, where it expires")
    upload = models.ForeignKey(
        Upload, null=True, on_delete=models.SET_NULL, related_name="+", help_text="our copy"
    )
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(
        null=True, default=timezone.now, help_text="none: it is copied, or given up"
    )

    class Meta:
        ordering = ["run", "position"]
        constraints = [
            models.UniqueConstraint(fields=["run", "position"], name="step_file_once"),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                name="step_file_due",
                condition=models.Q(next_attempt_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.position}"
