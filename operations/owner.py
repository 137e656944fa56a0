"""What the worker does for the operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async

from operations import trouble
from operations.backup import nightly
from operations.files_check import Scan
from operations.retention import expired
from operations.retention.walk import Retention
from runs.promises.owners import Job, RunOwner

if TYPE_CHECKING:
    import fal
    from core.notify import channel


class OperationsOwner(RunOwner):
    """Has no runs; its jobs look after the deployment."""

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the jobs: word of trouble, the day's backup, and what goes by age."""
        return (
            Job("trouble of the deployment", sync_to_async(trouble.tell_admins)),
            Job("the day's backup", nightly.make_if_due),
            Job("let old things go", sync_to_async(Retention().step)),
            Job("compare files with rows", sync_to_async(Scan().step)),
            Job("delete old drafts, news and logs", sync_to_async(expired.delete_expired)),
        )
