"""The record of models: what each run adds to it, and the sums by project and model.

`runs/records/counting.py` writes both tables.
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
    "db_constraint": False,
    "on_delete": models.DO_NOTHING,
    "related_name": "+",
    "db_index": False,
}


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
    # As the run is now; the columns above are what the sums contain.
    is_opened = models.BooleanField(
        default=False, db_default=False, help_text="somebody has looked at it"
    )
    is_due = models.BooleanField(default=False, db_default=False, help_text="to be counted again")

    class Meta:
        indexes = [
            models.Index(
                fields=["endpoint"], name="recorded_run_due", condition=models.Q(is_due=True)
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class RecordSum(models.Model):
    """The record of a model in a project; the row without a project is the house's.

    Every change draws a new `version`, so the sum of all versions tells whether any row has
    changed, also after a backup was restored.
    """

    FIGURES = ("runs", "failed", "judged", "kept", "priced", "spent", "rows", "rows_won")

    project = models.ForeignKey(Project, null=True, **_KEPT)
    endpoint = models.ForeignKey(Endpoint, **_KEPT)
    runs = models.IntegerField(default=0, db_default=0, help_text="that succeeded or failed")
    failed = models.IntegerField(default=0, db_default=0)
    judged = models.IntegerField(default=0, db_default=0, help_text="that succeeded")
    kept = models.IntegerField(default=0, db_default=0)
    priced = models.IntegerField(default=0, db_default=0, help_text="judged, of known cost")
    spent = DollarsField(default=Decimal(0), db_default=0, help_text="on those")
    rows = models.IntegerField(
        default=0, db_default=0, help_text="of boards, with a winner, against other models"
    )
    rows_won = models.IntegerField(default=0, db_default=0, help_text="of those rows")
    projects = models.IntegerField(
        default=0, db_default=0, help_text="the house's: how many projects have judged the model"
    )
    version = models.BigIntegerField(default=0, db_default=0, help_text="at random")

    class Meta:
        indexes = [
            models.Index(fields=["project", "endpoint"], name="record_in_project"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.endpoint_id}: {self.kept} of {self.judged}"
