"""Makes copies without metadata of files that somebody has asked for."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial

from asgiref.sync import sync_to_async

from core.db import clock
from runs.files import stripped_copies
from runs.models import WantedCopy
from runs.worker import idle

AT_ONCE = 10  # per call of the job
TAKEN_FOR = timedelta(minutes=2)  # longer than a copy may take


async def make_due() -> float:
    """Make the copies that are due, one after the other; return the seconds until the next time."""
    for _ in range(AT_ONCE):
        wanted = await sync_to_async(_claim)()
        if wanted is None:
            break
        is_last_try = wanted.tries + 1 >= stripped_copies.MOST_TRIES
        make = partial(stripped_copies.make, wanted.file, is_last_try=is_last_try)
        is_done = await asyncio.to_thread(make)
        await sync_to_async(stripped_copies.note_try)(wanted, is_done=is_done)
    waiting = WantedCopy.objects.order_by("next_attempt_at")
    next_at = await waiting.values_list("next_attempt_at", flat=True).afirst()
    return idle.pause_s(next_at, await clock.anow())


def _claim() -> WantedCopy | None:
    """Claim the copy that has waited longest, by moving its next attempt."""
    now = clock.now()
    for row in WantedCopy.objects.filter(next_attempt_at__lte=now).order_by("next_attempt_at")[:5]:
        free = WantedCopy.objects.filter(pk=row.pk, next_attempt_at=row.next_attempt_at)
        if free.update(next_attempt_at=now + TAKEN_FOR):
            return row
    return None
