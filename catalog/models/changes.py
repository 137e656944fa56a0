"""What each sync did, and what became of each endpoint."""

from __future__ import annotations

from typing import Any

from django.db import models

from catalog.models.endpoint import Endpoint, Schema


class SyncReport(models.Model):
    """What one sync did: the report that curators read, and the place where a stopped one goes on."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        STOPPED = "stopped", "stopped, goes on next time"
        FAILED = "failed"

    state = models.CharField(max_length=16, choices=State, default=State.RUNNING)
    is_full = models.BooleanField(default=False)
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True, help_text="last sign of life")
    listed = models.PositiveIntegerField(default=0, help_text="endpoints that upstream listed")
    schemas_due = models.PositiveIntegerField(default=0)
    schemas_done = models.PositiveIntegerField(default=0)
    new: Any = models.JSONField(default=list, blank=True, help_text="endpoint ids")
    changed: Any = models.JSONField(default=list, blank=True, help_text="endpoint ids")
    gone: Any = models.JSONField(default=list, blank=True, help_text="endpoint ids")
    failed: Any = models.JSONField(default=list, blank=True, help_text="[endpoint id, reason]")
    error = models.TextField(blank=True, help_text="why it stopped or failed")

    class Meta:
        ordering = ["-started_at"]
        get_latest_by = "started_at"
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="running"), name="one_sync_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} {self.state}"


class Change(models.Model):
    """One thing that happened to one endpoint: the catalogue's change log."""

    class Kind(models.TextChoices):
        NEW = "new"
        GONE = "gone"
        BACK = "back"
        LISTING = "listing", "listing changed"
        PRICE = "price", "price changed"
        SCHEMA = "schema", "inputs or outputs changed"

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=16, choices=Kind)
    at = models.DateTimeField(db_index=True)
    was = models.ForeignKey(
        Schema, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    now = models.ForeignKey(
        Schema, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    lines: Any = models.JSONField(
        null=True, blank=True, help_text="what changed, line by line; none: not compared yet"
    )

    class Meta:
        ordering = ["-at", "-pk"]
        get_latest_by = "at"

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.kind}"
