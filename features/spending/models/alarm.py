"""The alarm: runs that have cost far more than expected."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse

from catalog.models import Endpoint
from core.db.dollars_field import DollarsField
from projects.models import Project
from runs.models import Run

# No constraint, and kept when the run is deleted: a letter to upstream's support still needs it.
_KEPT: dict[str, Any] = {
    "db_constraint": False, "on_delete": models.DO_NOTHING, "related_name": "+",
}  # fmt: skip


class Alarm(models.Model):
    """A run that has cost far more than `expected`; at most one row per run."""

    class Basis(models.TextChoices):
        """The basis of the expected sum."""

        ESTIMATE = "estimate", "the estimate when it began"
        MEDIAN = "median", "what earlier runs of the model cost"

    run = models.OneToOneField(Run, **_KEPT)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_KEPT)
    project = models.ForeignKey(Project, null=True, **_KEPT)
    endpoint = models.ForeignKey(Endpoint, null=True, **_KEPT)
    request_id = models.CharField(max_length=128, blank=True)
    expected = DollarsField()
    basis = models.CharField(max_length=8, choices=Basis)
    cost = DollarsField(help_text="when the alarm was raised")
    created_at = models.DateTimeField(auto_now_add=True)
    looked_at = models.DateTimeField(null=True)
    looked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_KEPT)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["-created_at"], name="alarm_by_time"),
            models.Index(
                fields=["endpoint"], name="alarm_open", condition=models.Q(looked_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.cost} instead of {self.expected}"

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("spending:alarm", args=[self.pk])
