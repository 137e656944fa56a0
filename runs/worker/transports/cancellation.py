"""Lets runs with an open connection wait for a user's cancel: one query for all of them."""

from __future__ import annotations

import asyncio
import logging
import uuid
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from core.db import transient_errors
from runs.models import Run

LOOK_EVERY_S = 0.25

log = logging.getLogger(__name__)


async def wait_for_cancel(pk: uuid.UUID) -> None:
    """Return once a user has cancelled the run."""
    watcher = _watchers.setdefault(asyncio.get_running_loop(), _CancelWatcher())
    cancelled = watcher.waiting.setdefault(pk, asyncio.Event())
    watcher.start()
    try:
        await cancelled.wait()
    finally:
        watcher.waiting.pop(pk, None)


def notice(pk: uuid.UUID) -> None:
    """Wake the run's connection in this process at once after a user's cancel."""
    watcher = _watchers.get(asyncio.get_running_loop())
    if watcher and pk in watcher.waiting:
        watcher.waiting[pk].set()


class _CancelWatcher:
    """Polls the database while runs of one event loop wait."""

    def __init__(self) -> None:
        self.waiting: dict[uuid.UUID, asyncio.Event] = {}
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._poll(), name="cancels of open connections")

    async def _poll(self) -> None:
        while self.waiting:
            try:
                cancelled = await sync_to_async(_cancel_requested)(list(self.waiting))
            except transient_errors.ANY_DATABASE_ERROR as error:
                transient_errors.log_failure(
                    log, error, "cancels could not be queried; again in a moment"
                )
                await sync_to_async(close_old_connections)()
                cancelled = []
            for pk in cancelled:
                if pk in self.waiting:
                    self.waiting[pk].set()
            await asyncio.sleep(LOOK_EVERY_S)


_watchers: WeakKeyDictionary[asyncio.AbstractEventLoop, _CancelWatcher] = WeakKeyDictionary()


def _cancel_requested(pks: list[uuid.UUID]) -> list[uuid.UUID]:
    runs = Run.objects.filter(pk__in=pks, cancel_requested_at__isnull=False)
    return list(runs.values_list("pk", flat=True))
