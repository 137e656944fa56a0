"""The queries with which workers look for runs; two are prepared, as they run at every start."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import DateTimeField, Q, UUIDField

from core.db.prepared_queries import Param, ParamList, PreparedQuery
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
CHOSEN = PreparedQuery(lambda: locked(new(_NOW).filter(pk__in=_PKS)).order_by("created_at"))
