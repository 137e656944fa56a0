"""How changes of runs reach the database: decided by the row under its lock, and together where many wait.

One change is one short transaction. Of a worker's thousands of runs many have something to be
written at once: what comes while a transaction is under way goes into the next one, which
reads all of its rows with one query and is committed once.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.db import close_old_connections, transaction
from django.db.models import F, UUIDField

from catalog import outages, prepared
from catalog.prepared import Prepared, Slots
from playground import changes
from playground.models import Run
from playground.querysets import RunQuerySet

log = logging.getLogger(__name__)

MOST_TOGETHER = 50  # other processes wait for SQLite's lock meanwhile
HEAVY = ("arguments", "sent_arguments", "output", "output_text")  # no decision depends on them

Changed = dict[str, Any]
T = TypeVar("T")


class Write(NamedTuple):
    """A change of one run that somebody waits for."""

    pk: uuid.UUID
    work: Callable[[], Any]
    answer: asyncio.Future[Any]


class _Batch(threading.local):
    """What this thread's transaction holds, while it is one for many changes."""

    def __init__(self) -> None:
        self.is_open = False
        self.has_changed = False
        self.must_last = False  # some of it could not be seen again
        self.rows: dict[uuid.UUID, Run] = {}  # locked and as they are, each until its first change


_batch = _Batch()


def change(
    pk: uuid.UUID,
    decide: Callable[[Run], Changed],
    then: Callable[[Changed], None] = lambda changed: None,
    *,
    is_seen: bool = False,
) -> Changed:
    """Change a run as `decide` says of its row, do `then`, tell everybody; returns what was decided.

    The row is locked: two observers cannot undo each other. This is where every version is
    counted: where a column gets another value, and by `renew`. What `is_seen` at upstream of a run
    whose handle is kept could be seen again.
    """
    with transaction.atomic(savepoint=False):
        run = _batch.rows.pop(pk, None) or _LOCKED.get(pks=[pk])
        changed = decide(run)
        if any(getattr(run, name) != value for name, value in changed.items()):
            prepared.change(run, {**changed, "version": run.version + 1})
            then(changed)
            _batch.has_changed = True
            _batch.must_last |= not (is_seen and run.handle)
            if not _batch.is_open:
                changes.announce()
    return changed


def renew(pk: uuid.UUID) -> None:
    """Tell everybody that something which belongs to a run has changed, though no column of its own."""
    Run.objects.filter(pk=pk).update(version=F("version") + 1)
    changes.announce()


def _locked() -> RunQuerySet:
    """Locked rows with their model's `standing` as it is now, since every submit asks for it."""
    rows = Run.objects.select_for_update(of=("self",)).defer(*HEAVY)
    rows = rows.filter(pk__in=Slots("pks", UUIDField())).order_by("pk")
    return rows.annotate(standing=F("endpoint__standing"))


_LOCKED = Prepared(_locked)


async def surely(write: Callable[..., T], pk: uuid.UUID, *rest: Any) -> T:
    """What `write` returns, tried again and again while the database is locked or away.

    What the database would never take raises, when it is told.
    """
    desk = _desks.setdefault(asyncio.get_running_loop(), _Desk())
    pause_s = 0.05
    while True:
        with suppress(*outages.PASSING):  # `together` has told it
            found: T = await desk.written(pk, partial(write, pk, *rest))
            return found
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, 2.0)


class _Desk:
    """Where the tasks of one event loop hand in what is to be written."""

    def __init__(self) -> None:
        self._waiting: list[Write] = []
        self._writing: asyncio.Task[None] | None = None

    async def written(self, pk: uuid.UUID, work: Callable[[], Any]) -> Any:
        """What `work` returned, or raised, in a transaction of its own or with others."""
        answer = asyncio.get_running_loop().create_future()
        self._waiting.append(Write(pk, work, answer))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="writing runs")
        return await answer

    async def _write(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
            taken = [one for one in taken if not one.answer.done()]  # who waited may have left
            try:
                found = await sync_to_async(together)(taken)
            except asyncio.CancelledError:
                for one in [*taken, *self._waiting]:
                    one.answer.cancel()
                raise
            for one, came in zip(taken, found, strict=True):
                if one.answer.done():
                    continue
                if isinstance(came, Exception):
                    one.answer.set_exception(came)
                else:
                    one.answer.set_result(came)


_desks: WeakKeyDictionary[asyncio.AbstractEventLoop, _Desk] = WeakKeyDictionary()


def together(writes: Sequence[Write]) -> list[Any]:
    """What each write returned or raised: all in one transaction, or each in its own where one fails."""
    try:
        return _in_one(writes)
    except Exception as error:
        if len(writes) == 1 or isinstance(error, outages.PASSING):
            first = writes[0].pk
            words = "changes of %d runs, %s first, are not written"
            outages.tell(log, error, words, len(writes), first)
            close_old_connections()  # the database is locked or away: for each one of them
            return [error] * len(writes)
    return [together([one])[0] for one in writes]


def _in_one(writes: Sequence[Write]) -> list[Any]:
    try:
        with transaction.atomic(savepoint=False):
            _batch.is_open, _batch.has_changed, _batch.must_last = True, False, False
            rows = _LOCKED.all(pks={one.pk for one in writes})
            _batch.rows = {run.pk: run for run in rows}
            found = [one.work() for one in writes]
            if _batch.has_changed:
                changes.announce()
                if not _batch.must_last:
                    changes.hasten()
        return found
    finally:
        _batch.is_open, _batch.rows = False, {}
