"""The queries with which workers look for runs, prepared once: they run at every change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import CharField, DateTimeField, F, Q, UUIDField
from django.db.models.functions import Greatest

from core.db.prepared_queries import Param, ParamList, PreparedQuery, PreparedUpdate
from runs.models import Run
from runs.models.querysets import RunQuerySet
from runs.worker.scheduling.fair_scheduling import FreeRun

State = Run.State
UNDER_WAY = (State.SUBMITTING, State.QUEUED, State.RUNNING)
# Up to this many free runs are read and sorted in Python; of more, the database chooses.
FEW_FREE = 8
# The heavy columns needed to submit a run, or to take it over.
_HEAVY = ("arguments", "handle", "partial")


def is_unleased(now: datetime | Param) -> Q:
    """Return the condition for runs without a valid lease; a requeued run's pause is one, too."""
    return Q(lease_until=None) | Q(lease_until__lt=now)


def free(now: datetime | Param) -> RunQuerySet:
    """Return the unfinished runs that a worker may claim."""
    return Run.objects.unfinished().exclude(state=State.UNCONFIRMED).filter(is_unleased(now))


def new(now: datetime | Param) -> RunQuerySet:
    """Return the free runs that have not been submitted."""
    return free(now).filter(state=State.CREATED)


def interrupted(now: datetime | Param) -> RunQuerySet:
    """Return the free runs that a worker has begun and no longer holds."""
    return free(now).exclude(state=State.CREATED)


def locked(runs: RunQuerySet) -> RunQuerySet:
    """Return the runs with endpoints, locked; PostgreSQL skips rows that others have locked."""
    can_skip = connection.features.has_select_for_update_skip_locked
    rows = runs.with_endpoint().light(*_HEAVY)
    return rows.select_for_update(of=("self",), skip_locked=can_skip)


_NOW = Param("now", DateTimeField())
_PKS = ParamList("pks", UUIDField())

# Parameters of the selects: now; for CHOSEN also pks.
FIRST_FREE = PreparedQuery(
    lambda: free(_NOW).order_by("created_at", "pk").values_list(*FreeRun._fields)[:FEW_FREE]
)
ANY_INTERRUPTED = PreparedQuery(lambda: interrupted(_NOW).order_by().values_list("pk")[:1])
ANY_NEW = PreparedQuery(lambda: new(_NOW).order_by().values_list("pk")[:1])
ANY_UNFINISHED = PreparedQuery(
    lambda: (
        Run.objects.unfinished().exclude(state=State.UNCONFIRMED).order_by().values_list("pk")[:1]
    )
)
# One user id per run in progress. Counted in Python: SQLite's GROUP BY would read all runs by user.
USERS_UNDER_WAY = PreparedQuery(
    lambda: (
        Run.objects.unfinished()
        .filter(state__in=UNDER_WAY)
        .order_by()
        .values_list("user_id", flat=True)
    )
)
CHOSEN = PreparedQuery(lambda: locked(new(_NOW).filter(pk__in=_PKS)).order_by("created_at"))

_CLAIMED: dict[str, Any] = {
    "worker": Param("worker", CharField()),
    "lease_until": Param("lease_until", DateTimeField()),
    "state": State.SUBMITTING,
    "attempts": F("attempts") + 1,
    "note": "",
}
MARK_CLAIMED = PreparedUpdate(lambda: Run.objects.filter(pk__in=_PKS), **_CLAIMED)
MARK_SUBMITTED = PreparedUpdate(
    lambda: Run.objects.filter(pk__in=_PKS),
    **_CLAIMED,
    sent_at=Greatest(F("created_at"), _NOW),
    version=F("version") + 1,
)
