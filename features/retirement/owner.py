"""What collections, which have no app of their own, and checks promise to runs."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async

from features.retirement import checking
from features.retirement.collections import Collections
from features.retirement.models import CheckRun, ModelCheck
from runs.models import Run
from runs.promises.dependants import Dependants
from runs.promises.owners import Job, RunOwner, SelectedRows

if TYPE_CHECKING:
    import fal
    from catalog.models import Endpoint
    from core.notify import channel


class Checks(Dependants):
    """Checks, which stay: they are about this model."""

    name, label, model, movable = "check", "Check", ModelCheck, False

    def rows(self, endpoint: Endpoint, target: Endpoint | None) -> Any:
        return ModelCheck.objects.kept().filter(endpoint=endpoint)


class RetirementOwner(RunOwner):
    """Collections and checks use models, too; a check runs its inputs again."""

    def dependants(self) -> Sequence[Dependants]:
        """Return the collections and the checks."""
        return (Collections(), Checks())

    def kept_runs(self, run_ids: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
        """Return the originals and the latest results of checks that are not deleted."""
        rows = CheckRun.objects.filter(run__in=run_ids, check_of__deleted_at=None)
        return {*rows.values_list("run_id", flat=True)}

    def notifies_of_end(self, run: Run) -> bool:
        """Whether a check has begun the run; it asks about its round instead."""
        return CheckRun.objects.filter(run=run).exclude(take=CheckRun.ORIGINAL).exists()

    def goes_along(self, rows: SelectedRows) -> SelectedRows:
        """Return the runs that moved checks have begun."""
        runs = CheckRun.objects.filter(check_of__in=rows.get(ModelCheck, ()))
        begun = runs.exclude(take=CheckRun.ORIGINAL)
        return {Run: {*begun.values_list("run_id", flat=True)}}

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the job that begins rounds of checks and asks about their results."""
        return (Job("checks of models", sync_to_async(checking.run_due), wakes_on_change=True),)
