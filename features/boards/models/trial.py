"""Standing trials: which new models a board tries out by itself, and their outcomes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from catalog.models import Endpoint
from core.db.dollars_field import DollarsField
from features.boards.models.board import Board, Column
from projects.models import Membership
from projects.models.in_project import MAKERS

if TYPE_CHECKING:
    from datetime import datetime

NEW_FOR = timedelta(days=7)
PARAMS_CHARS, NOTE_CHARS = 4000, 500
# A board tries nothing if it is deleted, in an archived project, or its user is inactive.
IS_ALIVE = {
    "board__deleted_at": None,
    "board__user__is_active": True,
    "board__project__archived_at": None,
}


def is_of_maker() -> Exists:
    """Return the condition that the board's user may run something in its project."""
    memberships = Membership.objects.filter(
        project=OuterRef("board__project"), user=OuterRef("board__user"), role__in=MAKERS
    )
    return Exists(memberships)


class StandingTrialQuerySet(models.QuerySet["StandingTrial"]):
    """Filters for standing trials."""

    def watching(self) -> StandingTrialQuerySet:
        """Return the standing trials that record new models.

        Trials run as the board's user, who has to be active and a maker of its project.
        """
        return self.exclude(state=StandingTrial.State.OFF).filter(is_of_maker(), **IS_ALIVE)


class StandingTrial(models.Model):
    """A board's settings for trials: which models, when, and the monthly cap; off by default."""

    class State(models.TextChoices):
        """While paused, new models are recorded and nothing is sent."""

        OFF = "off", "Off"
        ON = "on", "On"
        PAUSED = "paused", "Paused"

    class When(models.TextChoices):
        """When the worker sends trials."""

        AT_ONCE = "now", "At once"
        AT_NIGHT = "night", "At night, between 1 and 5"

    board = models.OneToOneField(
        Board, primary_key=True, on_delete=models.CASCADE, related_name="standing_trial"
    )
    state = models.CharField(max_length=8, choices=State, default=State.OFF)
    params = models.CharField(
        max_length=PARAMS_CHARS, blank=True,
        help_text="the search that new models have to fit, as a query string; empty: none",
    )  # fmt: skip
    follows_versions = models.BooleanField(
        default=True, help_text="new versions and schemas of the models of its columns"
    )
    when = models.CharField(max_length=8, choices=When, default=When.AT_ONCE)
    monthly_cap_usd = DollarsField(default=Decimal(5))
    reference = models.ForeignKey(
        Column, null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text="what a new column is compared with; empty: the best one when it is tried",
    )  # fmt: skip
    watched_until = models.DateTimeField(
        default=timezone.now, help_text="what came to the catalogue until then has been noted"
    )

    objects = StandingTrialQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.board_id}: {self.state}"

    @property
    def is_on(self) -> bool:
        """Whether the worker may send."""
        return self.state == self.State.ON


class TrialQuerySet(models.QuerySet["Trial"]):
    """Filters for trials."""

    def due(self, month_start: datetime, *, is_night: bool) -> TrialQuerySet:
        """Return the trials to send: waiting ones, and those held by an earlier month's cap."""
        held = Q(state=Trial.State.HELD, decided_at__lt=month_start)
        trials = self.filter(Q(state=Trial.State.WAITING) | held, is_of_maker(), **IS_ALIVE).filter(
            board__standing_trial__state=StandingTrial.State.ON,
            endpoint__schema__isnull=False,
        )
        at_once = Q(board__standing_trial__when=StandingTrial.When.AT_ONCE)
        return trials if is_night else trials.filter(at_once)


class Trial(models.Model):
    """One model in one schema version that a board tries once: its column, or why it has none."""

    class Reason(models.TextChoices):
        """Why the model became a candidate."""

        SEARCH = "search", "Fits the search"
        VERSION = "version", "New version"
        SCHEMA = "schema", "New inputs or outputs"

    class State(models.TextChoices):
        """How far the trial is."""

        WAITING = "waiting", "Waiting"
        SENT = "sent", "Running"
        DONE = "done", "Tried"
        HELD = "held", "Held by the cap"
        UNFIT = "unfit", "Does not fit"
        REFUSED = "refused", "Cannot be run"
        DISMISSED = "dismissed", "Left out"

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="trials")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="+")
    schema_digest = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=8, choices=Reason)
    former = models.ForeignKey(
        Column, null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text="the column whose model it follows",
    )  # fmt: skip
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    note = models.CharField(max_length=NOTE_CHARS, blank=True, help_text="why, in a sentence")
    column = models.OneToOneField(
        Column, null=True, blank=True, on_delete=models.SET_NULL, related_name="trial"
    )
    reference = models.ForeignKey(
        Column, null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text="the column that it is compared with",
    )  # fmt: skip
    found_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(
        null=True, blank=True, help_text="when its state changed last"
    )
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = TrialQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["board", "endpoint", "schema_digest"], name="trial_once_per_schema"
            )
        ]

    def __str__(self) -> str:
        return f"{self.board_id}: {self.endpoint_id} {self.state}"

    @property
    def is_recent(self) -> bool:
        """Whether its column is shown as new."""
        return self.sent_at is not None and timezone.now() - self.sent_at < NEW_FOR

    @property
    def can_be_sent(self) -> bool:
        """Whether it has no column yet."""
        return self.state not in {self.State.SENT, self.State.DONE}
