"""What models really cost: a measured price per model."""

from __future__ import annotations

from typing import Any

from django.db import models

from catalog.models import Endpoint
from core.db.dollars_field import DollarsField


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
