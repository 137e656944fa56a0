"""The asyncio tasks of one worker's runs: submitting, following and cancelling them."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.db import Error as DatabaseError

import fal
from core.http import request_ids
from core.notify import channel
from runs.models import Run
from runs.worker import submit
from runs.worker.circuit_breaker import BreakerRegistry
from runs.worker.following import follow
from runs.worker.following.context import FollowContext
from runs.worker.limits import PATIENCE, WORKER_LIMITS, Patience, WorkerLimits
from runs.worker.scheduling import leases
from runs.worker.scheduling.database_stall import DatabaseStall

SLOW_SUBMIT_S = 0.1

log = logging.getLogger(__name__)


class RunTasks:
    """A task for each run that this worker submits or follows, and short side tasks."""

    def __init__(
        self,
        upstream: fal.Clients,
        breakers: BreakerRegistry,
        stall: DatabaseStall,
        patience: Patience = PATIENCE,
        limits: WorkerLimits = WORKER_LIMITS,
    ) -> None:
        self.tasks: dict[uuid.UUID, asyncio.Task[None]] = {}
        self.submitting: set[uuid.UUID] = set()
        self.cancelling: set[uuid.UUID] = set()
        self.stopping = asyncio.Event()
        self._upstream = upstream
        self._breakers = breakers
        self._context = FollowContext(breakers)
        self._stall = stall
        self._patience = patience
        self._limits = limits
        self._side_tasks: set[asyncio.Task[Any]] = set()  # the event loop does not keep tasks

    @property
    def is_following(self) -> bool:
        """Whether any run has been submitted and is followed."""
        return bool(self.tasks.keys() - self.submitting)

    def start(self, claim: leases.Claim) -> None:
        """Start a task for each claimed run."""
        for run in claim.to_send:
            self.submitting.add(run.pk)
            self._start(run.pk, partial(self._submit, run))
        for pk in claim.to_follow:
            self._start(pk, partial(self._follow, pk))
        # Pages are notified of other runs when these are marked as submitted.
        if marked := {run.pk for run in claim.to_send if run.sent_at}:
            self._start_side_task(self._notify_if_slow(marked))

    def start_cancel(self, pk: uuid.UUID) -> None:
        """Ask upstream to stop a run; at most one request per run at a time."""
        self.cancelling.add(pk)
        self._start_side_task(self._cancel(pk))

    @property
    def submits(self) -> dict[uuid.UUID, asyncio.Task[None]]:
        """Return the tasks of the runs that are being submitted."""
        return {pk: self.tasks[pk] for pk in self.submitting}

    @property
    def interruptible(self) -> list[asyncio.Task[Any]]:
        """Return all other tasks; another worker can continue their work."""
        follows = [task for pk, task in self.tasks.items() if pk not in self.submitting]
        return [*follows, *self._side_tasks]

    def _start(self, pk: uuid.UUID, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if pk in self.tasks:  # our own lease expired and we claimed the run again
            return
        task = asyncio.create_task(work(), name=f"run {pk}")
        self.tasks[pk] = task
        task.add_done_callback(log_crash)
        task.add_done_callback(lambda _: self._forget(pk))

    def _start_side_task(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._side_tasks.add(task)
        task.add_done_callback(self._side_tasks.discard)
        task.add_done_callback(log_crash)

    def _forget(self, pk: uuid.UUID) -> None:
        self.tasks.pop(pk, None)
        self.submitting.discard(pk)
        self.cancelling.discard(pk)

    async def _submit(self, run: Run) -> None:
        request_ids.resume(run.correlation_id)
        upstream, account = self._upstream, self._breakers.account
        try:
            handle = await submit.submit_run(run, upstream, account, self._limits.direct)
        finally:
            self.submitting.discard(run.pk)
        if handle:
            self._breakers.record_readable(upstream.addresses.queue)
        if handle and not self.stopping.is_set():
            await follow.follow(run.pk, handle, upstream, self._context, self._patience)

    async def _follow(self, pk: uuid.UUID) -> None:
        """Follow a run that another worker submitted."""
        row: Any = await Run.objects.values_list("handle", "correlation_id").aget(pk=pk)
        request_ids.resume(row[1])
        handle = fal.Handle.from_json(row[0])
        await follow.follow(pk, handle, self._upstream, self._context, self._patience)

    async def _notify_if_slow(self, pks: set[uuid.UUID]) -> None:
        """Notify pages to show "sending" if a submit is slow; usually its answer comes first."""
        await asyncio.sleep(SLOW_SUBMIT_S)
        if pks & self.submitting:
            await self._stall.query(sync_to_async(channel.notify))

    async def _cancel(self, pk: uuid.UUID) -> None:
        try:
            await follow.cancel(pk, self._upstream, self._breakers, self._patience)
        except (fal.FalError, DatabaseError) as error:
            log.warning("run %s not cancelled, again soon: %s", pk, error)
            await asyncio.sleep(self._limits.renew_every_s)
            self.cancelling.discard(pk)


async def cancel_and_wait(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel the tasks and return when all of them have ended."""
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def log_crash(task: asyncio.Task[Any]) -> None:
    """Log a task's exception; the run's lease then expires, and the run is claimed again."""
    if task.cancelled() or (error := task.exception()) is None:
        return
    if isinstance(error, DatabaseError):
        log.warning("%s had to stop, and is taken up again: %s", task.get_name(), error)
    else:  # nobody expected it
        log.error("%s broke off", task.get_name(), exc_info=error)
