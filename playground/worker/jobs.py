"""A worker's recurring jobs, and the loop that repeats one for as long as the worker lives."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NoReturn

from asgiref.sync import sync_to_async
from django.db import Error as DatabaseError
from django.db import close_old_connections

from core.db import transient_errors
from core.notify import channel
from playground.worker import database_stall

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """One recurring job: `run` does it once and returns the seconds until the next time.

    With `wakes_on_change` the next time comes earlier: a second after the database has changed.
    """

    name: str
    run: Callable[[], Awaitable[float]]
    wakes_on_change: bool = False


async def run_forever(job: Job, signal: channel.Signal) -> NoReturn:
    """Repeat a job until its task is cancelled, whatever fails: a job must not end in silence."""
    while True:
        version = signal.version
        try:
            pause_s = await job.run()
        except Exception as error:
            is_database = isinstance(error, DatabaseError)
            what = "the database" if is_database else "a job of the worker"
            transient_errors.log_failure(
                log, error, "%s did not do its part; again in a moment", what
            )
            await sync_to_async(close_old_connections)()
            pause_s = database_stall.RETRY_AFTER_S
        if job.wakes_on_change:
            await signal.wait_debounced(version, pause_s)
        else:
            await asyncio.sleep(pause_s)
