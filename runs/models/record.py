"""The record of models: what each run adds to it, and the sums by project and model.

Triggers write both tables in the transaction that changes a run, its cost or a reason to keep it
(`runs/records/triggers.py`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models

from catalog.models import Endpoint
from core.db.dollars_field import DollarsField
from projects.models import Project
from runs.models.run import Run

# Not constraints, and kept when the referenced rows are deleted: a purged run was still paid for.
_KEPT: dict[str, Any] = {
    "db_constraint": False, "on_delete": models.DO_NOTHING, "related_name": "+",
    "db_index": False,
}  # fmt: skip


class RecordedRun(models.Model):
    """What one run adds to the record of its model; it stays after the run is purged."""

    run = models.OneToOneField(Run, primary_key=True, **(_KEPT | {"related_name": "recorded"}))
    project = models.ForeignKey(Project, **_KEPT)
    endpoint = models.ForeignKey(Endpoint, **_KEPT)
    is_done = models.BooleanField(default=False, help_text="it succeeded")
    is_failed = models.BooleanField(default=False)
    is_judged = models.BooleanField(default=False, help_text="somebody has looked at it or kept it")
    is_kept = models.BooleanField(default=False, help_text="somebody keeps it, for any reason")
    paid = DollarsField(null=True, help_text="what it has cost; empty: unknown")

    def __str__(self) -> str:
        return str(self.pk)


class RecordSum(models.Model):
    """A part of a record; the sum of all rows of a project and a model is their record.

    A transaction adds rows instead of updating one, so that two never wait for each other; the
    worker merges them. Rows without a project are the house's.
    """

    FIGURES = ("runs", "failed", "judged", "kept", "priced", "spent", "votes", "half_wins")

    project = models.ForeignKey(Project, null=True, **_KEPT)
    endpoint = models.ForeignKey(Endpoint, **_KEPT)
    runs = models.IntegerField(default=0, db_default=0, help_text="that succeeded or failed")
    failed = models.IntegerField(default=0, db_default=0)
    judged = models.IntegerField(default=0, db_default=0, help_text="that succeeded")
    kept = models.IntegerField(default=0, db_default=0)
    priced = models.IntegerField(default=0, db_default=0, help_text="judged, of known cost")
    spent = DollarsField(default=Decimal(0), db_default=0, help_text="on those")
    votes = models.IntegerField(default=0, db_default=0, help_text="blind, against other models")
    half_wins = models.IntegerField(default=0, db_default=0, help_text="two a win, one a tie")
    is_merged = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes = [
            models.Index(fields=["project", "endpoint"], name="record_in_project"),
            models.Index(
                fields=["id"], name="record_to_merge", condition=models.Q(is_merged=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.endpoint_id}: {self.kept} of {self.judged}"
