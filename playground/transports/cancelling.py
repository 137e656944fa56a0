"""Who waits for a person's cancel: one look at the rows for all runs with an open connection."""

from __future__ import annotations

import asyncio
import logging
import uuid
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from catalog import outages
from playground.models import Run

LOOK_EVERY_S = 0.25

log = logging.getLogger(__name__)


async def wanted(pk: uuid.UUID) -> None:
    """Return once somebody wants the run to stop."""
    watch = _watches.setdefault(asyncio.get_running_loop(), _Watch())
    asked = watch.waiting.setdefault(pk, asyncio.Event())
    watch.start()
    try:
        await asked.wait()
    finally:
        watch.waiting.pop(pk, None)


class _Watch:
    """The runs of one event loop; it looks while there are any."""

    def __init__(self) -> None:
        self.waiting: dict[uuid.UUID, asyncio.Event] = {}
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name="cancels of open connections")

    async def _look(self) -> None:
        while self.waiting:
            try:
                asked = await sync_to_async(_asked)(list(self.waiting))
            except outages.ANY as error:
                outages.tell(log, error, "no look for cancels; again in a moment")
                await sync_to_async(close_old_connections)()
                asked = []
            for pk in asked:
                if pk in self.waiting:
                    self.waiting[pk].set()
            await asyncio.sleep(LOOK_EVERY_S)


_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, _Watch] = WeakKeyDictionary()


def _asked(pks: list[uuid.UUID]) -> list[uuid.UUID]:
    runs = Run.objects.filter(pk__in=pks, cancel_requested_at__isnull=False)
    return list(runs.values_list("pk", flat=True))
