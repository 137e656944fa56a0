"""The worker: all communication with upstream, in one asyncio process.

It claims, submits, follows and cancels runs and copies their artifacts; it renews its leases and
its heartbeat, and syncs the catalogue. On PostgreSQL any number of workers may run side by side.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any, NoReturn
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections
from django.db.models import QuerySet
from django.utils import timezone

import fal
from accounts import housekeeping, mail
from catalog.models import SyncReport
from catalog.pictures.thumbnails import ThumbnailFetcher
from catalog.sync import pipeline, post_sync
from core.db import clock, transient_errors
from core.notify import channel
from runs.files import purge
from runs.files.media.probe import MediaProbe
from runs.models import Artifact, MetadataBackfill, Run, Upload
from runs.models import Worker as WorkerRow
from runs.progress import account_concurrency
from runs.promises.lifecycle import Job, Lifecycle
from runs.promises.registry import registered
from runs.results import figures
from runs.worker import artifact_copies, claiming, examination, idle
from runs.worker.circuit_breaker import BreakerRegistry
from runs.worker.claiming import RunClaimer
from runs.worker.following import backfill, reconciliation
from runs.worker.limits import PATIENCE, WORKER_LIMITS, Patience, WorkerLimits
from runs.worker.median_durations import MedianDurations
from runs.worker.model_calls import ModelCallsReader
from runs.worker.run_tasks import RunTasks, cancel_and_wait, log_crash
from runs.worker.scheduling import database_stall, leases
from runs.worker.scheduling.database_stall import DatabaseStall
from runs.worker.upstream_deletions import UpstreamDeletions
from runs.worker.webhooks import processing

log = logging.getLogger(__name__)

CONCURRENT_COPIES = 4
CANCEL_AND_COPY_EVERY_S = 0.1
RENEW_BATCH = 500
PUBLISH_EVERY_S = 1.0
PUBLISH_AGAIN_S = 3.0  # while there is trouble: runs created meanwhile need the note as well
SYNC_RETRY_S = 60.0
SYNC_TAKE_OVER_S = 1.0  # how often to check whether another process's sync has ended early
NEVER = timedelta(days=10_000)
CORRECT_TIMES_EVERY_S = 30.0
# Each column, with more than the longest time from now that is ever written to it: for runs the
# pause between two queries of upstream's list, for artifacts the pause after nine failed copies.
LONGEST_AHEAD: list[tuple[Callable[[], QuerySet[Any]], str, timedelta]] = [
    (Run.objects.unfinished, "lease_until", timedelta(minutes=15)),
    (
        lambda: Artifact.objects.filter(state=Artifact.State.REMOTE),
        "next_attempt_at",
        timedelta(minutes=45),
    ),
    (MetadataBackfill.objects.all, "due_at", timedelta(minutes=15)),
    (Upload.objects.all, "measure_at", timedelta(minutes=5)),
]
MAX_HOSTS_SHOWN = 50  # on the status page; result files may be on many hosts


class Worker:
    """One worker process: the tasks of its runs, and the list of its recurring jobs."""

    def __init__(
        self,
        upstream: fal.Clients,
        breakers: BreakerRegistry,
        *,
        has_key: bool,
        name: str = "",
        patience: Patience = PATIENCE,
        limits: WorkerLimits = WORKER_LIMITS,
    ) -> None:
        self.upstream = upstream
        self.breakers = breakers
        self.has_key = has_key
        self.limits = limits
        self.name = name or f"{socket.gethostname()[:40]}:{os.getpid()}"
        self.media_probe = MediaProbe()
        self.thumbnails = ThumbnailFetcher(upstream.thumbnails, upstream.addresses)
        self.stall = DatabaseStall(limits.stall_grace_s, limits.retry_database_s)
        self.run_tasks = RunTasks(upstream, breakers, self.stall, patience, limits)
        self.claimer = RunClaimer(
            self.name,
            self.run_tasks,
            breakers,
            upstream.addresses,
            self.stall,
            has_key=has_key,
            limits=limits,
        )
        self.copies: dict[int, asyncio.Task[None]] = {}
        self._cancel_and_copy_pause_s = idle.LOOK_AGAIN_S

    def stop(self) -> None:
        """Make `run` end soon: it releases its leases; upstream continues what it has received."""
        self.run_tasks.stopping.set()

    async def run(self) -> None:
        """Work until `stop` is called."""
        limits = self.limits
        async with channel.listen(
            self._is_at_rest, idle_poll_every_s=limits.idle_poll_every_s
        ) as signal:
            tasks = [
                asyncio.create_task(
                    run_forever(job, signal, limits.retry_database_s), name=job.name
                )
                for job in self.jobs(signal)
            ]
            await self.run_tasks.stopping.wait()
            await self._shut_down(tasks)

    def _is_at_rest(self) -> bool:
        return self.claimer.is_at_rest and not self.run_tasks.tasks

    def jobs(self, signal: channel.Signal) -> list[Job]:
        """Return the recurring jobs of this worker."""
        upstream = self.upstream
        reconcile = partial(reconciliation.reconcile_due, upstream)
        calls = ModelCallsReader(upstream.platform)
        return [
            Job("renew leases", self._renew_leases),
            Job("correct times", sync_to_async(correct_times)),
            Job("sync the catalogue", CatalogSync(upstream.platform).run, wakes_on_change=True),
            Job("publish upstream trouble", self._publish_trouble),
            Job("fetch thumbnails", self.thumbnails.step),
            Job("delete expired rows", sync_to_async(housekeeping.delete_expired)),
            Job("send mail", sync_to_async(mail.send_due), wakes_on_change=True),
            Job("keep figures", figures.keep_in_background),
            Job("median durations", sync_to_async(MedianDurations().step)),
            Job("purge deleted runs", sync_to_async(purge.Purge().step)),
            Job("delete at fal", UpstreamDeletions(upstream.account).step, wakes_on_change=True),
            Job(
                "measure uploads",
                partial(examination.measure_due, self.media_probe),
                wakes_on_change=True,
            ),
            Job("strip copies", examination.make_copies_due, wakes_on_change=True),
            Job("examine results", examination.Examination(self.media_probe).step),
            Job("webhooks", partial(processing.process_pending, upstream), wakes_on_change=True),
            Job("backfill", partial(backfill.backfill_due, upstream), wakes_on_change=True),
            *([Job("reconcile", reconcile, wakes_on_change=True)] if self.has_key else []),
            *([Job("calls of models", calls.step)] if self.has_key else []),
            Job("heartbeat", partial(self._beat, signal)),
            Job("claim runs", partial(self.claimer.run, signal)),
            Job("cancel and copy", partial(self._cancel_and_copy, signal)),
            *self._jobs_of_apps(signal),
        ]

    def _jobs_of_apps(self, signal: channel.Signal) -> list[Job]:
        upstream = self.upstream if self.has_key else None
        return [job for owner in registered(Lifecycle) for job in owner.jobs(signal, upstream)]

    async def _shut_down(self, jobs: Sequence[asyncio.Task[Any]]) -> None:
        """Release what others can continue; wait briefly for the answers to submits in progress."""
        submits, copies = self.run_tasks.submits, list(self.copies)
        await cancel_and_wait([*jobs, *self.copies.values(), *self.run_tasks.interruptible])
        await sync_to_async(artifact_copies.release)(copies)
        await sync_to_async(self.claimer.undo_pending)()
        await sync_to_async(leases.release)(self.name, keep=list(submits))
        if submits:
            await asyncio.wait(submits.values(), timeout=self.limits.stop_within_s)
            await cancel_and_wait(submits.values())
            await sync_to_async(leases.release)(self.name)
        await self.media_probe.close()
        await self.thumbnails.close()
        await WorkerRow.objects.filter(pk=self.name).adelete()

    async def _cancel_and_copy(self, signal: channel.Signal) -> float:
        """Start due cancels and copies, shortly after each change; never returns."""
        version = -1
        while True:
            version = await signal.wait(version, self._cancel_and_copy_pause_s)
            await asyncio.sleep(CANCEL_AND_COPY_EVERY_S)  # submits and commits have priority
            due_keys = await self.stall.query(sync_to_async(self._due_cancels_and_copies))
            to_cancel, to_copy = due_keys or ([], [])
            for pk in to_cancel:
                self.run_tasks.start_cancel(pk)
            for artifact in to_copy:
                self._start_copy(artifact)

    def _due_cancels_and_copies(self) -> tuple[list[uuid.UUID], list[Artifact]]:
        requests = Run.objects.unfinished().filter(
            worker=self.name, handle__isnull=False, cancel_requested_at__isnull=False
        )
        cancelling = self.run_tasks.cancelling
        to_cancel = [pk for pk in requests.values_list("pk", flat=True) if pk not in cancelling]
        room = CONCURRENT_COPIES - len(self.copies)
        to_copy = artifact_copies.due(room) if room > 0 and artifact_copies.has_due() else []
        is_busy = self.run_tasks.tasks or self.copies or to_copy
        due_at = clock.now() if is_busy else artifact_copies.next_due_at()
        self._cancel_and_copy_pause_s = idle.pause_s(due_at, clock.now())
        return to_cancel, to_copy

    def _start_copy(self, artifact: Artifact) -> None:
        copy = artifact_copies.copy(artifact, self.upstream.files, self.media_probe)
        task = self.copies[artifact.pk] = asyncio.create_task(copy)
        task.add_done_callback(log_crash)
        task.add_done_callback(lambda _: self.copies.pop(artifact.pk, None))

    async def _beat(self, signal: channel.Signal) -> float:
        await signal.write_silently(sync_to_async(self._write_heartbeat)())
        return self.limits.renew_every_s

    def _write_heartbeat(self) -> None:
        values = {
            "beat_at": clock.now(),
            "has_key": self.has_key,
            "upstream": settings.UPSTREAM,
            "upstream_host": (urlsplit(self.upstream.addresses.queue).hostname or "")[:255],
            "trouble": self.breakers.trouble[:255],
            "breakers": self.breakers.summary()[:MAX_HOSTS_SHOWN],
        }
        if not WorkerRow.objects.filter(pk=self.name).update(**values):
            WorkerRow.objects.update_or_create(pk=self.name, defaults=values)

    async def _publish_trouble(self) -> float:
        """Publish upstream's trouble, when it changes, in /healthz and on the pages of its runs."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PUBLISH_AGAIN_S if self.breakers.trouble else None):
                await self.breakers.trouble_changed.wait()
        self.breakers.trouble_changed.clear()
        await sync_to_async(self._write_heartbeat)()
        addresses = self.upstream.addresses
        troubles = {
            transport: claiming.breaker_of(self.breakers, addresses, transport).trouble
            for transport in claiming.TRANSPORTS
        }
        of_account = self.breakers.account.trouble
        await sync_to_async(leases.note_upstream_trouble)(self.name, troubles, of_account)
        return PUBLISH_EVERY_S

    async def _renew_leases(self) -> float:
        tasks = self.run_tasks.tasks
        runs = list(tasks)
        for start in range(0, len(runs), RENEW_BATCH):  # other writers get their turn in between
            batch = runs[start : start + RENEW_BATCH]
            lost_runs = await sync_to_async(leases.renew)(self.name, batch)
            for pk in lost_runs & tasks.keys():
                log.warning("run %s is not ours any more", pk)
                tasks[pk].cancel()
        if self.copies:
            await sync_to_async(artifact_copies.renew)(list(self.copies))
        if not self.claimer.is_at_rest:
            await sync_to_async(leases.give_up_overdue)()
            await sync_to_async(leases.note_queue_positions)()
            await sync_to_async(account_concurrency.observe)()
        return self.limits.renew_every_s


class CatalogSync:
    """The job that syncs the catalogue on schedule; one of several workers does it each time."""

    def __init__(self, platform: fal.Platform) -> None:
        self._platform = platform
        self._is_waiting = False  # for a sync of another process
        self._started_at = timezone.now()

    async def run(self) -> float:
        """Sync once; return the seconds until the next sync, only a few if this one ended early.

        If another process has synced, it only returns the rest of the interval. A worker that has
        just started syncs anyway, since its upstream may have changed.
        """
        if (rest_s := await sync_to_async(self._rest_s)()) > 0:
            self._is_waiting = False
            return rest_s
        try:
            report = await pipeline.run(self._platform)
        except pipeline.AlreadyRunning as error:
            log.log(logging.DEBUG if self._is_waiting else logging.INFO, "%s", error)
            self._is_waiting = True
            return SYNC_TAKE_OVER_S
        self._is_waiting = False
        await post_sync.run_in_background()
        if report.state != SyncReport.State.DONE:
            return SYNC_RETRY_S
        return _interval().total_seconds()

    def _rest_s(self) -> float:
        """Return the seconds until the next sync is due; 0 or less if it is due, or asked for."""
        if SyncReport.objects.filter(state=SyncReport.State.ASKED).exists():
            return 0.0
        interval = _interval()
        since = max(self._started_at, timezone.now() - interval)
        done_syncs = SyncReport.objects.filter(state=SyncReport.State.DONE, ended_at__gte=since)
        newest = done_syncs.order_by("ended_at").last()
        if newest is None or newest.ended_at is None:
            return 0.0
        return (newest.ended_at + interval - timezone.now()).total_seconds()


def _interval() -> timedelta:
    return timedelta(minutes=settings.SYNC_INTERVAL_MINUTES) or NEVER


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


def correct_times() -> float:
    """Set each time to now if it lies further ahead than any that can be written now.

    Leases and pauses are stored as the time at which they end. If a machine's clock is set back by
    an hour, the leases of a dead worker seem to last an hour longer, and its runs would wait that
    long.
    """
    now = clock.now()
    for rows, column, longest in LONGEST_AHEAD:
        ahead = rows().filter(**{f"{column}__gt": now + longest}).order_by()
        if ahead.exists() and ahead.update(**{column: now}):  # mostly it only reads
            channel.notify()
    return CORRECT_TIMES_EVERY_S
