"""Which workers are alive, and why runs wait if none can send them."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections, transaction
from django.db.models import F

from core.db import clock, transient_errors
from core.notify import channel
from runs.models import Run, Transport, Worker
from runs.results import refusals

ALIVE = timedelta(seconds=20)
LOOK_EVERY_S = 8.0
NOBODY = "Runs wait: no worker is running. An admin can start one (manage.py worker)."
NO_KEY = "Runs wait: FAL_KEY is not set. An admin can put it into .env and start Vitrine again."

log = logging.getLogger(__name__)


def workers_alive() -> list[Worker]:
    """Return the workers with a recent heartbeat."""
    return list(Worker.objects.filter(beat_at__gt=clock.now() - ALIVE))


def is_account_refused(alive: list[Worker]) -> bool:
    """Whether upstream refuses every run of one of these workers because of its key or balance."""
    return any(text in worker.trouble for worker in alive for text in refusals.ACCOUNT_WIDE)


def readiness() -> str:
    """Return a sentence why a new run would have to wait; empty if it would not."""
    alive = workers_alive()
    if missing := _missing_reason(alive):
        return missing
    if all(worker.trouble for worker in alive):
        return f"{alive[0].trouble} Runs that need it wait and continue by themselves."
    return ""


async def watch_for_workers(look_every_s: float = LOOK_EVERY_S) -> None:
    """Call `flag_waiting_runs` periodically; in the web process, as no worker may be running."""
    while True:
        await asyncio.sleep(look_every_s)
        try:
            await sync_to_async(flag_waiting_runs)()
        except DatabaseError as error:
            transient_errors.log_failure(log, error, "the workers could not be counted; again soon")
            await sync_to_async(close_old_connections)()


def flag_waiting_runs() -> None:
    """Note on waiting runs what is missing; a worker that claims a run clears the note."""
    alive = workers_alive()
    if not (missing := _missing_reason(alive)):
        return
    waiting_runs = Run.objects.unfinished().exclude(state=Run.State.UNCONFIRMED)
    waiting_runs = waiting_runs.exclude(
        transport=Transport.REALTIME
    )  # the realtime process holds those itself
    if alive:
        waiting_runs = waiting_runs.filter(
            state=Run.State.CREATED
        )  # submitted runs are followed without a key
    with transaction.atomic():
        if waiting_runs.exclude(note=missing).update(note=missing, version=F("version") + 1):
            channel.notify()


def _missing_reason(alive: list[Worker]) -> str:
    if not alive:
        return NOBODY
    return "" if any(worker.has_key for worker in alive) else NO_KEY
