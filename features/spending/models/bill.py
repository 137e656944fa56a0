"""Upstream's own bills: the billed cost of each request, and the state of reading them."""

from __future__ import annotations

from typing import Any

from django.db import models

from core.db.dollars_field import DollarsField
from runs.models import Run

ONLY = 1  # the key of the row

# No constraint, and kept when the run is deleted: what was billed stays billed.
_KEPT: dict[str, Any] = {
    "db_constraint": False,
    "on_delete": models.DO_NOTHING,
    "related_name": "+",
}


class BillingEvent(models.Model):
    """What upstream has billed for one request.

    `run` is empty if no run of this Vitrine made the request: another program uses the account.
    """

    request_id = models.CharField(max_length=128, unique=True)
    endpoint_id = models.CharField(max_length=255, blank=True)
    at = models.DateTimeField(null=True, help_text="as upstream says; empty: it does not")
    units = models.CharField(max_length=40, blank=True, help_text="a number; empty: not said")
    unit_price = DollarsField(null=True)
    discount = models.CharField(max_length=20, blank=True, help_text="percent; empty: none")
    cost = DollarsField(null=True, help_text="what is due; empty: upstream names no sum")
    run = models.ForeignKey(Run, null=True, **_KEPT)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["run"], name="billing_event_of_run")]

    def __str__(self) -> str:
        return f"{self.request_id} {self.cost}"


class BillingState(models.Model):
    """The state of reading the account's bills, and the account's balance: one row."""

    has_key = models.BooleanField(default=False, help_text="the worker has FAL_ADMIN_KEY")
    next_at = models.DateTimeField(null=True, help_text="when a worker reads again")
    read_at = models.DateTimeField(null=True, help_text="when events were last read to the end")
    read_until = models.DateTimeField(null=True, help_text="the time of the newest event")
    deep_at = models.DateTimeField(null=True, help_text="when late events were last searched for")
    failures = models.PositiveSmallIntegerField(default=0, help_text="in a row")
    trouble = models.CharField(max_length=300, blank=True, help_text="why none could be read")
    balance = DollarsField(null=True)
    currency = models.CharField(max_length=8, default="USD")
    balance_at = models.DateTimeField(null=True)
    balance_trouble = models.CharField(max_length=300, blank=True)
    warned_below = models.PositiveSmallIntegerField(
        null=True, help_text="days: the admins were told that the balance lasts less"
    )
    episode = models.PositiveIntegerField(default=0, help_text="times that it was topped up since")

    def __str__(self) -> str:
        return f"bills until {self.read_until}"

    @classmethod
    def current(cls) -> BillingState:
        """Return the row, or the initial state if no worker has written one. One query."""
        return cls.objects.filter(pk=ONLY).first() or cls(pk=ONLY)
