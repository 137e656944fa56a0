"""Changes of a run: each is decided on the locked row and committed in its own transaction."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections, transaction
from django.db.models import F, UUIDField

from core.db import transient_errors
from core.db.prepared_queries import Param, PreparedQuery
from core.notify import channel
from runs.costs import ledger
from runs.models import Run
from runs.models.querysets import LIVE, RunQuerySet
from runs.promises.lifecycle import Lifecycle
from runs.promises.registry import registered

log = logging.getLogger(__name__)

ChangedColumns = dict[str, Any]
T = TypeVar("T")


def update_locked(
    pk: uuid.UUID,
    decide: Callable[[Run], ChangedColumns],
    then: Callable[[ChangedColumns], None] = lambda changes: None,
) -> ChangedColumns:
    """Lock a run, apply the changes that `decide` returns, call `then`, notify; return the changes.

    The lock keeps two observers from undoing each other's changes. Every change of a column raises
    the version here (`bump_version` is the only other place).
    """
    with transaction.atomic(savepoint=False):
        run = _LOCKED.get(pk=pk)
        changes = decide(run)
        if any(getattr(run, name) != value for name, value in changes.items()):
            Run.objects.filter(pk=pk).update(**changes, version=run.version + 1)
            then(changes)
            ledger.settle(run, changes, run.unit_price, run.currency)  # type: ignore[attr-defined]  # annotated
            if changes.get("state") in Run.FINAL:
                for owner in registered(Lifecycle):
                    owner.on_end(run, changes)
            channel.notify()
    return changes


def bump_version(pk: uuid.UUID) -> None:
    """Raise a run's version because a related row has changed, and notify."""
    Run.objects.filter(pk=pk).update(version=F("version") + 1)
    channel.notify()


def _locked() -> RunQuerySet:
    """Return the query for the locked row, with the columns of its model that decide.

    No decision depends on a run's input or its result.
    """
    rows = Run.objects.select_for_update(of=("self",)).light(*LIVE)
    # Every submit checks the model's mark; the end settles with price and currency.
    return rows.filter(pk=Param("pk", UUIDField())).annotate(
        mark=F("endpoint__mark"),
        unit_price=F("endpoint__unit_price_usd"),
        currency=F("endpoint__currency"),
    )


_LOCKED = PreparedQuery(_locked)


async def retry_until_committed(write: Callable[..., T], pk: uuid.UUID, *rest: Any) -> T:
    """Return what `write(pk, *rest)` returns; retry while the database is locked or unavailable.

    A caller cancelled before its turn has written nothing. Raises errors that no retry resolves.
    """
    pause_s = 0.05
    while True:
        try:
            return await sync_to_async(_commit)(write, pk, *rest)
        except transient_errors.TRANSIENT:  # `_commit` has logged it
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, 2.0)


def _commit(write: Callable[..., T], pk: uuid.UUID, *rest: Any) -> T:
    try:
        with transaction.atomic():
            return write(pk, *rest)
    except Exception as error:
        transient_errors.log_failure(log, error, "a change of run %s is not written", pk)
        close_old_connections()
        raise
