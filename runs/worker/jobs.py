"""Repeats a recurring job as long as the worker runs."""

from __future__ import annotations

import asyncio
import logging
from typing import NoReturn

from asgiref.sync import sync_to_async
from django.db import Error as DatabaseError
from django.db import close_old_connections

from core.db import transient_errors
from core.notify import channel
from runs.promises.owners import Job
from runs.worker.scheduling import database_stall

log = logging.getLogger(__name__)


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
            subject = "the database" if is_database else "a job of the worker"
            transient_errors.log_failure(
                log, error, "%s did not do its part; again in a moment", subject
            )
            await sync_to_async(close_old_connections)()
            pause_s = retry_after_s
        if job.wakes_on_change:
            await signal.wait_debounced(version, pause_s)
        else:
            await asyncio.sleep(pause_s)
