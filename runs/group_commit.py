"""Commits changes of runs: each decided on the locked row, many together in one transaction.

A single change is one short transaction. A worker with thousands of runs has many changes at
once: those that arrive during a transaction are committed together in the next one, which reads all
its rows with one query.
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

from core.db import prepared_queries, transient_errors
from core.db.prepared_queries import ParamList, PreparedQuery
from core.notify import channel
from runs import final_hooks, ledger
from runs.models import Run
from runs.models.querysets import RunQuerySet

log = logging.getLogger(__name__)

MAX_BATCH = 50  # changes; meanwhile other processes wait for SQLite's lock
HEAVY = ("arguments", "sent_arguments", "output", "output_text")  # no decision depends on them

Changed = dict[str, Any]
T = TypeVar("T")


class Write(NamedTuple):
    """A queued change of one run, and the future for its outcome."""

    pk: uuid.UUID
    work: Callable[[], Any]
    answer: asyncio.Future[Any]


class _Batch(threading.local):
    """The state of this thread's transaction while it commits many changes."""

    def __init__(self) -> None:
        self.is_open = False
        self.has_changed = False
        self.must_be_durable = False  # some change could not be observed again after a power cut
        self.rows: dict[uuid.UUID, Run] = {}  # locked rows; each is removed by its first change


_batch = _Batch()


def update_locked(
    pk: uuid.UUID,
    decide: Callable[[Run], Changed],
    then: Callable[[Changed], None] = lambda changed: None,
    *,
    is_repeatable: bool = False,
) -> Changed:
    """Lock a run, apply the changes that `decide` returns, call `then`, notify; return the changes.

    The lock keeps two observers from undoing each other's changes. Every change of a column raises
    the version here (`bump_version` is the only other place). `is_repeatable`: the change was
    observed at upstream and could, given the run's handle, be observed again after a power cut.
    """
    with transaction.atomic(savepoint=False):
        run = _batch.rows.pop(pk, None) or _LOCKED.get(pks=[pk])
        changed = decide(run)
        if any(getattr(run, name) != value for name, value in changed.items()):
            prepared_queries.update_row(run, {**changed, "version": run.version + 1})
            then(changed)
            ledger.settle(run, changed, run.unit_price, run.currency)  # type: ignore[attr-defined]  # annotated
            final_hooks.call(run, changed)
            _batch.has_changed = True
            _batch.must_be_durable |= not (is_repeatable and run.handle)
            if not _batch.is_open:
                channel.notify()
    return changed


def bump_version(pk: uuid.UUID) -> None:
    """Raise a run's version because a related row has changed, and notify."""
    Run.objects.filter(pk=pk).update(version=F("version") + 1)
    channel.notify()


def _locked() -> RunQuerySet:
    """Return locked rows with what is decided by their model's row."""
    rows = Run.objects.select_for_update(of=("self",)).defer(*HEAVY)
    rows = rows.filter(pk__in=ParamList("pks", UUIDField())).order_by("pk")
    # The standing is what every submit checks, price and currency are what the end settles.
    return rows.annotate(
        standing=F("endpoint__standing"),
        unit_price=F("endpoint__unit_price_usd"),
        currency=F("endpoint__currency"),
    )


_LOCKED = PreparedQuery(_locked)


async def retry_until_committed(write: Callable[..., T], pk: uuid.UUID, *rest: Any) -> T:
    """Return what `write(pk, *rest)` returns; retry while the database is locked or unavailable.

    Raises errors that a retry would not resolve.
    """
    queue = _queues.setdefault(asyncio.get_running_loop(), CommitQueue())
    pause_s = 0.05
    while True:
        with suppress(*transient_errors.TRANSIENT):  # `commit_batch` has logged it
            found: T = await queue.submit(pk, partial(write, pk, *rest))
            return found
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, 2.0)


class CommitQueue:
    """Collects the writes of one event loop's tasks and commits them in batches."""

    def __init__(self) -> None:
        self._waiting: list[Write] = []
        self._writing: asyncio.Task[None] | None = None

    async def submit(self, pk: uuid.UUID, work: Callable[[], Any]) -> Any:
        """Run `work` in a transaction, alone or with others; return or raise what it does."""
        answer = asyncio.get_running_loop().create_future()
        self._waiting.append(Write(pk, work, answer))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._flush(), name="writing runs")
        return await answer

    async def _flush(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            taken = [one for one in taken if not one.answer.done()]  # its task may be cancelled
            try:
                found = await sync_to_async(commit_batch)(taken)
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


_queues: WeakKeyDictionary[asyncio.AbstractEventLoop, CommitQueue] = WeakKeyDictionary()


def commit_batch(writes: Sequence[Write]) -> list[Any]:
    """Commit all in one transaction, or one by one if one fails; returns values and errors."""
    try:
        return _commit_in_one(writes)
    except Exception as error:
        if len(writes) == 1 or isinstance(error, transient_errors.TRANSIENT):
            first = writes[0].pk
            words = "changes of %d runs, %s first, are not written"
            transient_errors.log_failure(log, error, words, len(writes), first)
            close_old_connections()  # the database is locked or unavailable for all of them
            return [error] * len(writes)
    return [commit_batch([one])[0] for one in writes]


def _commit_in_one(writes: Sequence[Write]) -> list[Any]:
    try:
        with transaction.atomic(savepoint=False):
            _batch.is_open, _batch.has_changed, _batch.must_be_durable = True, False, False
            rows = _LOCKED.all(pks={one.pk for one in writes})
            _batch.rows = {run.pk: run for run in rows}
            found = [one.work() for one in writes]
            if _batch.has_changed:
                channel.notify()
                if not _batch.must_be_durable:
                    channel.notify_before_flush()
        return found
    finally:
        _batch.is_open, _batch.rows = False, {}
