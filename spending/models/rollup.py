"""Sums of days and months that are over, so that a page need not add up a million charges."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from catalog.models import Endpoint
from core.db.dollars_field import DollarsField
from projects.models import Project

# As those of `Charge`: not constraints, and kept when what they name is deleted.
_KEPT: dict[str, Any] = {
    "db_constraint": False, "on_delete": models.DO_NOTHING, "related_name": "+",
    "db_index": False,
}  # fmt: skip


class _Sums(models.Model):
    """Sums of the runs that some columns tell apart; named as those of `Charge`.

    So one condition filters both. Which columns a row is about says `by`, a name of
    `spending.sums.rollups.KINDS`; the others are empty.
    """

    day = models.DateField()
    by = models.CharField(max_length=12, blank=True, help_text="a kind; empty: of all columns")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_KEPT)
    project = models.ForeignKey(Project, null=True, **_KEPT)
    endpoint = models.ForeignKey(Endpoint, null=True, **_KEPT)
    door = models.CharField(max_length=12, blank=True)
    runs = models.PositiveIntegerField(help_text="that cost something, or may")
    amount = DollarsField(help_text="of what is reserved and settled")
    reserved = DollarsField(help_text="of what is reserved")
    unknown = models.PositiveIntegerField(help_text="runs of which nobody knows what they cost")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.day} {self.amount}"


class Rollup(_Sums):
    """What one person spent on a day in one project, on one model, through one door.

    And by fewer of these columns: a house of forty people and three hundred models has nearly as
    many combinations as runs, so that its sums would take half a second without such rows.
    """

    class Meta:
        indexes = [
            models.Index(fields=["by", "day"], name="rollup_by_day"),
            models.Index(fields=["user", "day"], name="rollup_of_person"),
            models.Index(fields=["project", "day"], name="rollup_in_project"),
            models.Index(fields=["endpoint", "day"], name="rollup_of_model"),
        ]


class MonthlyRollup(_Sums):
    """The sums of a month's `Rollup`, but for those of all columns; `day` is its first one."""

    class Meta:
        indexes = [models.Index(fields=["by", "day"], name="monthly_rollup_by_day")]


class RolledUpDay(models.Model):
    """A day that is over, and whose charges are added up in `Rollup`."""

    day = models.DateField(primary_key=True)

    def __str__(self) -> str:
        return str(self.day)


class RolledUpMonth(models.Model):
    """A month whose sums in `MonthlyRollup` are those of its days; `day` is its first one."""

    day = models.DateField(primary_key=True)

    def __str__(self) -> str:
        return f"{self.day:%Y-%m}"


class ChangedDay(models.Model):
    """A day of which a charge has changed after its end: its sums are to be added up anew.

    One row for each change: two ends of runs never wait for each other here.
    """

    day = models.DateField(db_index=True)

    def __str__(self) -> str:
        return str(self.day)
