"""Who is at work, and what runs wait for where nobody is."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections, transaction
from django.db.models import F

from catalog import outages
from playground import changes, clock
from playground.models import Run, Transport, Worker

ALIVE = timedelta(seconds=20)
LOOK_EVERY_S = 8.0
NOBODY = "Runs wait: no worker is running. An admin can start one (manage.py worker)."
NO_KEY = "Runs wait: FAL_KEY is not set. An admin can put it into .env and start Vitrine again."

log = logging.getLogger(__name__)


def workers_alive() -> list[Worker]:
    """The workers that gave a sign of life lately."""
    return list(Worker.objects.filter(beat_at__gt=clock.now() - ALIVE))


def readiness() -> str:
    """Why a run would have to wait, in a sentence; empty when it would not."""
    alive = workers_alive()
    if missing := _missing(alive):
        return missing
    if all(worker.trouble for worker in alive):
        return f"{alive[0].trouble} Runs that need it wait and go on by themselves."
    return ""


async def watch() -> None:
    """`call_out` now and then, for as long as this task lives: in the web, as a worker that is not there cannot."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        try:
            await sync_to_async(call_out)()
        except DatabaseError as error:
            outages.tell(log, error, "the workers could not be counted; again soon")
            await sync_to_async(close_old_connections)()


def call_out() -> None:
    """Say on the pages of runs that wait what is missing; a worker that takes them up takes it back."""
    alive = workers_alive()
    if not (missing := _missing(alive)):
        return
    waiting = Run.objects.unfinished().exclude(state=Run.State.UNCONFIRMED)
    waiting = waiting.exclude(transport=Transport.REALTIME)  # the web holds those itself
    if alive:
        waiting = waiting.filter(state=Run.State.CREATED)  # the others are followed without a key
    with transaction.atomic():
        if waiting.exclude(note=missing).update(note=missing, version=F("version") + 1):
            changes.announce()


def _missing(alive: list[Worker]) -> str:
    if not alive:
        return NOBODY
    return "" if any(worker.has_key for worker in alive) else NO_KEY
