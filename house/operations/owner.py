"""The worker's jobs for the operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.db import transaction

from house.operations import trouble
from house.operations.backup import nightly
from house.operations.files_check import Scan
from house.operations.metrics import ended_runs, reporting
from house.operations.retention import expired
from house.operations.retention.walk import Retention
from runs.promises.owners import Job, RunOwner

if TYPE_CHECKING:
    import fal
    from core.notify import channel
    from runs.models import Run


class OperationsOwner(RunOwner):
    """Has no runs, but counts all ended ones; its jobs look after the deployment."""

    def on_end(self, run: Run, changed: Mapping[str, Any]) -> None:
        """Count the run once its end is committed."""
        transaction.on_commit(partial(ended_runs.count, run, changed), robust=True)

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the jobs: trouble, the day's backup, metrics, and deletions by age."""

        async def report() -> float:
            await signal.write_silently(sync_to_async(reporting.report)("worker"))
            return reporting.every_s()

        return (
            Job("trouble of the deployment", sync_to_async(trouble.tell_admins)),
            Job("the day's backup", nightly.make_if_due),
            Job("let old things go", sync_to_async(Retention().step)),
            Job("compare files with rows", sync_to_async(Scan().step)),
            Job("delete old drafts, news and logs", sync_to_async(expired.delete_expired)),
            *([Job("metrics", report)] if reporting.is_on() else []),
        )
