"""What models really cost: a measured price per model, and alarms about runs above it."""

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


class MeasuredPrice(models.Model):
    """The latest measurement of a model's price, of the runs of all projects.

    Sums are per `unit`, worded as by upstream: `images`, `1000 characters`; empty for a run.
    """

    endpoint = models.OneToOneField(
        Endpoint, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    unit = models.CharField(max_length=64, blank=True)
    count = models.PositiveIntegerField(help_text="runs that it was measured from")
    median = DollarsField()
    low = DollarsField()
    high = DollarsField()
    said = DollarsField(null=True, help_text="by the list price, per `unit`; empty: unknown")
    spread = models.DecimalField(
        max_digits=9, decimal_places=4, help_text="mean distance from the median; 0: constant"
    )
    groups: Any = models.JSONField(
        default=list, help_text="[{arguments, count, median, low, high, said}], sums as texts"
    )
    difference = models.DecimalField(
        max_digits=14,
        decimal_places=4,
        null=True,
        help_text="the largest of its figures to what is said: 0.5 is half as much again",
    )
    is_used = models.BooleanField(help_text="estimates use it in place of the list price")
    awaits_yes = models.BooleanField(
        default=False, help_text="it is so far above the list price that an admin agrees first"
    )
    agreed = models.DecimalField(
        max_digits=14,
        decimal_places=4,
        null=True,
        help_text="the difference up to which an admin has agreed; empty: nobody was asked",
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-count", "endpoint"]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.median} per {self.unit or 'run'}"


class UnmeasuredRun(models.Model):
    """A run's bill that its model's measured price does not include yet.

    It is a queue, so that the ends of runs never wait for each other at their model's row.
    """

    # No constraint: it would lock the model's row at each bill.
    endpoint = models.ForeignKey(
        Endpoint, db_constraint=False, on_delete=models.CASCADE, related_name="+"
    )

    def __str__(self) -> str:
        return str(self.endpoint_id)


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
