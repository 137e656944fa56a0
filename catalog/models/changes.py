"""Reports of syncs, the change log, and how far each user has read it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from catalog.models.endpoint import Endpoint, Schema
from catalog.models.querysets import ChangeQuerySet


class SyncReport(models.Model):
    """The state and the results of one sync."""

    class State(models.TextChoices):
        ASKED = "asked", "asked for, begins in a moment"
        RUNNING = "running"
        DONE = "done"
        STOPPED = "stopped", "stopped, goes on next time"
        FAILED = "failed"

    COMING = (State.ASKED, State.RUNNING)

    state = models.CharField(max_length=16, choices=State, default=State.RUNNING)
    is_full = models.BooleanField(default=False)
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True, help_text="last sign of life")
    holder = models.CharField(
        max_length=120, blank=True, default="", help_text="the process at work"
    )
    listed = models.PositiveIntegerField(default=0, help_text="models that upstream listed")
    schemas_due = models.PositiveIntegerField(default=0)
    schemas_done = models.PositiveIntegerField(default=0)
    new: Any = models.JSONField(default=list, blank=True, help_text="ids of models")
    changed: Any = models.JSONField(default=list, blank=True, help_text="ids of models")
    gone: Any = models.JSONField(default=list, blank=True, help_text="ids of models")
    failed: Any = models.JSONField(default=list, blank=True, help_text="[id of the model, reason]")
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
    """One entry of the change log, about one endpoint."""

    class Kind(models.TextChoices):
        NEW = "new"
        GONE = "gone"
        BACK = "back"
        LISTING = "listing", "listing changed"
        PRICE = "price", "price changed"
        SCHEMA = "schema", "inputs or outputs changed"

    class Weight(models.IntegerChoices):
        """How severe the change is for users of the model."""

        WORDING = 0
        PLAIN = 1
        BREAKING = 2

    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.CASCADE, related_name="changes", verbose_name="model"
    )
    kind = models.CharField(max_length=16, choices=Kind)
    at = models.DateTimeField(db_index=True)
    was = models.ForeignKey(
        Schema, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    now = models.ForeignKey(
        Schema, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    lines: Any = models.JSONField(
        null=True, blank=True, help_text="what changed, line by line; empty until compared"
    )
    weight = models.PositiveSmallIntegerField(choices=Weight, default=Weight.PLAIN)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        get_latest_by = "at"

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.kind}"

    @property
    def word(self) -> str:
        """A label for the kind of change."""
        kinds = {line["kind"] for line in self.lines or () if line["side"] == "listing"}
        if "deprecated" in kinds:
            return "Deprecated"
        return _WORDS[self.kind]

    @property
    def headline(self) -> str:
        """The label as the beginning of a sentence: `Price changed …`."""
        is_change = self.kind in {self.Kind.LISTING, self.Kind.PRICE, self.Kind.SCHEMA}
        return f"{self.word} changed" if is_change and self.word != "Deprecated" else self.word

    @property
    def is_breaking(self) -> bool:
        """Whether runs that worked before may fail now."""
        return self.weight == self.Weight.BREAKING


_WORDS: dict[str, str] = {
    Change.Kind.NEW: "New",
    Change.Kind.GONE: "Gone",
    Change.Kind.BACK: "Back",
    Change.Kind.LISTING: "Listing",
    Change.Kind.PRICE: "Price",
    Change.Kind.SCHEMA: "Inputs",
}


class Reader(models.Model):
    """How far a user has read the change log."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    seen_at = models.DateTimeField(
        null=True, blank=True, help_text="later changes are shown as new"
    )

    def __str__(self) -> str:
        return f"{self.user_id} {self.seen_at}"
