"""The life of a run: which states follow which, and the one function that moves it on.

    created → submitting → queued → running → succeeded | failed | cancelled
                        ↘ unconfirmed ↗

Whoever saw something of a run (the submit's answer, the status stream, a poll, the
result, a cancellation) hands an `Observation` to `record`. Observations may come twice,
late, in any order and from several processes: a state never goes back, a final state
never changes, a log line is kept once.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.db import DatabaseError, IntegrityError, close_old_connections, transaction
from django.utils import timezone

from playground import changes
from playground.models import Artifact, Run
from schemas import artifacts

State = Run.State
log = logging.getLogger(__name__)

# How far along a state is. A run only ever moves to a higher rank.
RANK: Mapping[str, int] = {
    State.CREATED: 0,
    State.SUBMITTING: 1,
    State.UNCONFIRMED: 2,
    State.QUEUED: 3,
    State.RUNNING: 4,
    State.SUCCEEDED: 5,
    State.FAILED: 5,
    State.CANCELLED: 5,
}
FINAL_RANK = 5
# The page that shows a run fetches these from upstream at once; our copy waits a moment for it.
SHOWN_AT_ONCE = {"image", "video", "audio"}
REST = timedelta(seconds=1)
LOG_LIMIT = 10_000  # lines kept of one run; a page shows the tail


@dataclass(frozen=True)
class Observation:
    """What somebody saw of a run; empty fields say nothing."""

    state: str
    at: datetime = field(default_factory=timezone.now)
    request_id: str = ""
    handle: Mapping[str, Any] | None = None
    queue_position: int | None = None
    logs: Sequence[Mapping[str, Any]] = ()
    metrics: Mapping[str, Any] = field(default_factory=dict)
    output: Any = None
    error: Mapping[str, Any] | None = None
    billable_units: str = ""
    note: str | None = None
    artifacts: Sequence[artifacts.Artifact] = ()


def merge(run: Run, seen: Observation) -> dict[str, Any]:
    """The columns of `run` that `seen` changes; empty when it says nothing new."""
    if run.is_final:
        return {}
    changed: dict[str, Any] = {}
    rank, now = RANK[seen.state], RANK[run.state]
    if rank > now:
        changed["state"] = seen.state
        if rank >= RANK[State.QUEUED] and run.queued_at is None:
            changed["queued_at"] = seen.at
        if seen.state == State.RUNNING:
            changed["started_at"] = seen.at
        if rank == FINAL_RANK:
            changed |= {"ended_at": seen.at, "output": seen.output, "error": seen.error}
    if rank >= now:
        position = seen.queue_position if seen.state == State.QUEUED else None
        if position != run.queue_position and (position is not None or rank > RANK[State.QUEUED]):
            changed["queue_position"] = position
        if seen.note is not None and seen.note != run.note:
            changed["note"] = seen.note
    if seen.request_id and not run.request_id:
        changed["request_id"] = seen.request_id
    if seen.handle and not run.handle:
        changed["handle"] = dict(seen.handle)
    if seen.billable_units and not run.billable_units:
        changed["billable_units"] = seen.billable_units
    if seen.metrics and dict(seen.metrics) != run.metrics:
        changed["metrics"] = run.metrics | dict(seen.metrics)
    if fresh := new_lines(run.logs, seen.logs):
        changed["logs"] = (run.logs + fresh)[-LOG_LIMIT:]
    return changed


def new_lines(
    known: Sequence[Mapping[str, Any]], seen: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The lines of `seen` not in `known`, in order: polls repeat the whole list (section 5.2)."""
    have = {(line.get("timestamp"), line.get("level"), line.get("message")) for line in known}
    fresh = []
    for line in seen:
        key = (line.get("timestamp"), line.get("level"), line.get("message"))
        if key not in have:
            have.add(key)
            fresh.append(dict(line))
    return fresh


def record(pk: uuid.UUID, seen: Observation) -> bool:
    """Write down what was seen of a run; False when it was nothing new.

    One short transaction that locks the row: two observers cannot undo each other.
    """
    with transaction.atomic():
        run = Run.objects.select_for_update().defer("output", "arguments").get(pk=pk)
        changed = merge(run, seen)
        if not changed:
            return False
        Run.objects.filter(pk=pk).update(**changed, version=run.version + 1)
        if changed.get("state") == State.SUCCEEDED:
            Artifact.objects.bulk_create(
                _row(pk, position, found, seen.at) for position, found in enumerate(seen.artifacts)
            )
        transaction.on_commit(changes.announce)
    return True


def _row(pk: uuid.UUID, position: int, found: artifacts.Artifact, at: datetime) -> Artifact:
    values = {name: value for name, value in asdict(found).items() if name != "text"}
    rest = at + REST if found.kind in SHOWN_AT_ONCE else None
    return Artifact(run_id=pk, position=position, next_attempt_at=rest, **values)


async def arecord(pk: uuid.UUID, seen: Observation) -> bool:
    """`record`, again and again while the database is locked or away: what was seen is paid for."""
    pause_s = 0.05
    while True:
        try:
            return await sync_to_async(record)(pk, seen)
        except DatabaseError:
            log.exception("run %s: an observation could not be written; again in a moment", pk)
            await sync_to_async(close_old_connections)()
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, 2.0)


def create(**values: Any) -> tuple[Run, bool]:
    """A new run, or the one that the same press of the button has made already (False).

    `form_token` is what tells: it is unique for a user.
    """
    try:
        with transaction.atomic():
            run = Run.objects.create(**values)
            transaction.on_commit(changes.announce)
    except IntegrityError:
        return Run.objects.get(user=values["user"], form_token=values["form_token"]), False
    return run, True


def request_cancel(pk: uuid.UUID) -> bool:
    """Note that somebody wants the run to stop; False when it had ended.

    What was never sent ends at once, and so does what nobody can find upstream;
    the rest ends when upstream says so, which may be with a result.
    """
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=pk)
        if run.is_final:
            return False
        values: dict[str, Any] = {"cancel_requested_at": run.cancel_requested_at or timezone.now()}
        if run.state in {State.CREATED, State.UNCONFIRMED}:
            values |= {"state": State.CANCELLED, "ended_at": timezone.now(), "note": ""}
        Run.objects.filter(pk=pk).update(**values, version=run.version + 1)
        transaction.on_commit(changes.announce)
    return True


def give_back(pk: uuid.UUID, note: str, until: datetime) -> None:
    """Let a run that certainly never left be sent again, not before `until`."""
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=pk)
        if run.state != State.SUBMITTING or run.handle:
            return
        ended = {"state": State.CANCELLED, "ended_at": timezone.now(), "note": ""}
        again = {"state": State.CREATED, "note": note, "lease_until": until}
        Run.objects.filter(pk=pk).update(
            **(ended if run.cancel_requested_at else again), version=run.version + 1
        )
        transaction.on_commit(changes.announce)
