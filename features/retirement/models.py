"""Replacements of models, and checks whether a model has changed under its name."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from catalog.models import Endpoint
from core.db.dollars_field import DollarsField
from core.db.json_field import ExactJSONField
from projects.kept.models import Kept, KeptQuerySet
from runs.models import Run


class Replacement(models.Model):
    """What a person moved from one model to another in one press, for its undo."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    source = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="+")
    target = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="+")
    rows = ExactJSONField(help_text="[[kind, key, state before, title, address]]")
    created_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.source_id} by {self.target_id}"


class ModelCheck(Kept):
    """Up to three kept inputs of a model that run again, to see whether it still gives the same.

    The state, the round and the reason are those of the latest round.
    """

    slug, route = "check", "retirement:check"
    most_in_project = 200

    class State(models.TextChoices):
        """What happened to the latest round."""

        PLANNED = "planned"
        RUNNING = "running"
        ASKS = "asks", "same or different?"
        SAME = "same"
        DIFFERENT = "different"

    OPEN = (State.RUNNING, State.ASKS)  # it waits for its answer, so no other round begins

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=600, help_text="of the model when it was made")
    limit_usd = DollarsField("limit", help_text="the most that a round may cost")
    state = models.CharField(max_length=16, choices=State, default=State.PLANNED)
    round = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=200, blank=True, help_text="why the round began")
    note = models.TextField(blank=True, help_text="why the round did not begin")
    seen_at = models.DateTimeField(null=True, help_text="when it began, or could not")

    objects = KeptQuerySet["ModelCheck"].as_manager()

    class Meta:
        verbose_name = "check"
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["project", "-created_at"], name="check_in_project")]

    @property
    def is_open(self) -> bool:
        """Whether the latest round has no answer yet."""
        return self.state in self.OPEN


class CheckRun(models.Model):
    """A run of a check: the original of an input, or one of the two that the latest round began."""

    ORIGINAL, FIRST, SECOND = range(3)

    check_of = models.ForeignKey(ModelCheck, on_delete=models.CASCADE, related_name="runs")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    place = models.PositiveSmallIntegerField(help_text="of its input")
    take = models.PositiveSmallIntegerField(default=ORIGINAL)

    class Meta:
        ordering = ["place", "take"]
        constraints = [
            models.UniqueConstraint(fields=["check_of", "place", "take"], name="check_run_once")
        ]

    def __str__(self) -> str:
        return f"{self.check_of_id} {self.place}/{self.take}"
