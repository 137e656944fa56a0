"""What was spent on each day, so that neither budgets nor pages add up a million charges."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce

from catalog.models import Endpoint
from core.db.dollars_field import DollarsField
from projects.models import Project

# Like those of `Charge`: not constraints, and kept when the referenced rows are deleted.
_KEPT: dict[str, Any] = {
    "db_constraint": False,
    "on_delete": models.DO_NOTHING,
    "related_name": "+",
    "db_index": False,
}


def _key(column: str) -> Coalesce:
    """Return a column for a unique index, in which two NULLs would otherwise differ."""
    return Coalesce(column, 0, output_field=models.BigIntegerField())


class DailySum(models.Model):
    """The cost of runs that began on one day, kept up to date by `runs/costs/daily_sums.py`.

    Each run counts in one row of each kind. `COLUMNS` lists the columns that a kind distinguishes;
    the others are empty. A house of forty people and three hundred models has nearly as many rows
    of all columns as runs, so adding up a month would take half a second: readers that need fewer
    columns read the few rows of a narrower kind. Columns have the names of those of `Charge`, so
    one condition filters both.
    """

    class Kind(models.TextChoices):
        """What a row is the sum of; the first four are those of `ledger.Scope`."""

        HOUSE = "house", "all runs of the day"
        PROJECT = "project", "those in a project"
        PERSON = "person", "those of a person"
        TOKEN = "token", "those that a program started"
        DOOR = "door", "those that began at a door"
        MODEL = "model", "those of a model"
        PERSON_IN_PROJECT = "in-project", "those of a person in a project: what one person sees"
        ALL = "all", "those of a person in a project, of a model, through a door"

    # Kinds with the fewest rows first: readers take the first kind with the columns they need.
    COLUMNS: dict[Kind, tuple[str, ...]] = {
        Kind.HOUSE: (),
        Kind.DOOR: ("door",),
        Kind.TOKEN: ("token_id",),
        Kind.PROJECT: ("project_id",),
        Kind.PERSON: ("user_id",),
        Kind.MODEL: ("endpoint_id",),
        Kind.PERSON_IN_PROJECT: ("user_id", "project_id"),
        Kind.ALL: ("user_id", "project_id", "endpoint_id", "door"),
    }

    day = models.DateField(help_text="of the house's TIME_ZONE, on which the runs began")
    kind = models.CharField(max_length=12, choices=Kind)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_KEPT)
    project = models.ForeignKey(Project, null=True, **_KEPT)
    endpoint = models.ForeignKey(Endpoint, null=True, **_KEPT)
    token_id = models.BigIntegerField(null=True)
    door = models.CharField(max_length=12, blank=True)
    # Negative if TIME_ZONE was changed while runs were under way, until all sums are recomputed.
    runs = models.IntegerField(help_text="that cost something, or may")
    amount = DollarsField(help_text="of what is reserved and settled")
    reserved = DollarsField(help_text="of what is reserved")
    unknown = models.IntegerField(help_text="runs of which nobody knows what they cost")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "kind",
                "day",
                _key("user_id"),
                _key("project_id"),
                _key("endpoint_id"),
                _key("token_id"),
                "door",
                name="daily_sum_once",
            )
        ]
        indexes = [
            models.Index(fields=["kind", "user", "day"], name="daily_sum_of_person"),
            models.Index(fields=["kind", "project", "day"], name="daily_sum_in_project"),
            models.Index(fields=["kind", "endpoint", "day"], name="daily_sum_of_model"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.amount}"
