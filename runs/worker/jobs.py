"""A worker's recurring jobs, and the loop that repeats one as long as the worker runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NoReturn

from asgiref.sync import sync_to_async
from django.db import Error as DatabaseError
from django.db import close_old_connections

import fal
from core.db import transient_errors
from core.notify import channel
from runs.worker.scheduling import database_stall

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """One recurring job: `run` does it once and returns the seconds until the next time.

    With `wakes_on_change` it is repeated earlier: a second after the database has changed.
    """

    name: str
    run: Callable[[], Awaitable[float]]
    wakes_on_change: bool = False


REGISTERED: list[Job] = []


def register(job: Job) -> None:
    """Register another app's job for every worker; called in the app's `ready`."""
    if all(known.name != job.name for known in REGISTERED):
        REGISTERED.append(job)


UPSTREAM_JOBS: list[Callable[[fal.Clients], Job]] = []


def register_upstream(make: Callable[[fal.Clients], Job]) -> None:
    """Register another app's job that sends requests to upstream, for workers with a key."""
    if make not in UPSTREAM_JOBS:
        UPSTREAM_JOBS.append(make)


SIGNALLED: list[tuple[str, Callable[[channel.Signal], Awaitable[float]]]] = []


def register_signalled(name: str, run: Callable[[channel.Signal], Awaitable[float]]) -> None:
    """Like `register`, for a job that waits for the worker's signal itself, without a debounce."""
    if (name, run) not in SIGNALLED:
        SIGNALLED.append((name, run))


async def run_forever(
    job: Job, signal: channel.Signal, retry_after_s: float = database_stall.RETRY_AFTER_S
) -> NoReturn:
    """Repeat a job until its task is cancelled; failures are logged and do not end it.

    After a failure it is retried in `retry_after_s` seconds.
    """
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
            pause_s = retry_after_s
        if job.wakes_on_change:
            await signal.wait_debounced(version, pause_s)
        else:
            await asyncio.sleep(pause_s)
