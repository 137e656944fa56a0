"""The worker's jobs for the operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.db import transaction
from django.urls import reverse

from accounts import roles
from core.db import clock
from core.periods import day_start
from core.process import counters
from features.notifications import kinds, outbox
from house.operations import status
from house.operations.backup import nightly
from house.operations.files_check import Scan
from house.operations.metrics import reporting
from house.operations.retention import expired
from house.operations.retention.walk import Retention
from runs.promises.lifecycle import Job, Lifecycle

if TYPE_CHECKING:
    import fal
    from core.notify import channel
    from runs.models import Run

CHECK_EVERY_S = 300.0
WORDS = 5  # that identify a problem: figures and names follow

_before: frozenset[str] = frozenset()  # problems at this process's last check


class OperationsOwner(Lifecycle):
    """Has no runs, but counts all ended ones; its jobs look after the deployment."""

    def on_end(self, run: Run, changes: Mapping[str, Any]) -> None:
        """Count the run once its end is committed."""
        transaction.on_commit(partial(count, run, changes), robust=True)

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the jobs: trouble, the day's backup, metrics, and deletions by age."""

        async def report() -> float:
            await signal.write_silently(sync_to_async(reporting.report)("worker"))
            return reporting.every_s()

        return (
            Job("trouble of the deployment", sync_to_async(tell_admins)),
            Job("the day's backup", nightly.make_if_due),
            Job("let old things go", sync_to_async(Retention().step)),
            Job("compare files with rows", sync_to_async(Scan().step)),
            Job("delete old drafts, news and logs", sync_to_async(expired.delete_expired)),
            *([Job("metrics", report)] if reporting.is_on() else []),
        )


def count(run: Run, changes: Mapping[str, Any]) -> None:
    """Count a run with the columns that its end has changed; unsent runs have no times.

    A run waits from its creation until it is sent, and then takes until its end.
    """
    state = changes["state"]
    counters.count("vitrine_runs_ended_total", state=str(state), transport=run.transport)
    sent_at, ended_at = changes.get("sent_at", run.sent_at), changes.get("ended_at", run.ended_at)
    if sent_at and ended_at:
        wait_s = (sent_at - run.created_at).total_seconds()
        counters.observe("vitrine_run_wait_seconds", max(wait_s, 0.0))
        took_s = (ended_at - sent_at).total_seconds()
        counters.observe("vitrine_run_seconds", max(took_s, 0.0), transport=run.transport)


def tell_admins() -> float:
    """Notify of problems that lasted since the last check; return seconds until the next one."""
    global _before
    problems = {" ".join(problem.split()[:WORDS]): problem for problem in status.problems()}
    lasting = [key for key in problems if key in _before]
    _before = frozenset(problems)
    admins = list(roles.admins()) if lasting else []
    for admin in admins:
        for key in lasting:
            outbox.notify(
                admin,
                kinds.TROUBLE,
                subject=problems[key],
                path=reverse("admin:status"),
                key=f"trouble {day_start(clock.now()):%Y-%m-%d} {key}"[:160],
            )
    return CHECK_EVERY_S
