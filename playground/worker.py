"""The worker: everything that talks to upstream, in one asyncio process.

It claims runs and sends, follows and archives them; it keeps its leases and its sign of
life; it brings the catalogue up to date. Any number may run side by side on PostgreSQL.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections

import fal
from catalog import afterwards, outages, sync
from catalog.models import SyncReport
from catalog.pictures.thumbnails import Thumbnails
from playground import (
    archivist,
    changes,
    clock,
    dispatcher,
    follower,
    late_looks,
    leases,
    unconfirmed,
    webhooks,
)
from playground.files.posters import Looker
from playground.models import Artifact, Run, Transport
from playground.models import Worker as WorkerRow
from playground.pacing import Host, Pace
from playground.transports.direct import OPENED
from playground.turns import MayGo

log = logging.getLogger(__name__)

AT_ONCE = 5000  # runs that one worker sends and follows; how many are sent is leases' matter
COPIES_AT_ONCE = 4
LOOK_AGAIN_S = 1.0
TEND_EVERY_S = 0.1
SLOW_S = 0.1  # of a submit
# Every write of thousands of runs rings; looking for work takes a fifth of the time at most.
LOOK_SHARE = 0.2
LOOK_PAUSE_S = 0.1
RENEWED_TOGETHER = 500
TELL_EVERY_S = 1.0
TELL_AGAIN_S = 3.0
SYNC_AGAIN_S = 60.0
NEVER_S = 1e9
STOP_WITHIN_S = 5.0  # of what is being sent, so that its answer is still heard
WAYS = (Transport.QUEUE, *OPENED)

T = TypeVar("T")
AFTER_DATABASE_ERROR_S = 1.0
# Whoever lives has renewed its leases by then, after a database that kept everybody waiting.
SHAKEN_S = 2 * leases.RENEW_EVERY_S


class Worker:
    """One worker process's work; `run` returns after `stop`.

    Without a key nothing is sent: runs wait, and their pages say what is missing.
    """

    def __init__(self, upstream: fal.Clients, pace: Pace, *, has_key: bool, name: str = "") -> None:
        self.upstream = upstream
        self.pace = pace
        self.has_key = has_key
        self.name = name or f"{socket.gethostname()[:40]}:{os.getpid()}"
        self.looker = Looker()
        self.thumbnails = Thumbnails(upstream.thumbnails, upstream.addresses)
        self.runs: dict[uuid.UUID, asyncio.Task[None]] = {}
        self.copies: dict[int, asyncio.Task[None]] = {}
        self._sending: set[uuid.UUID] = set()
        # Tells and cancels; the loop holds no task itself.
        self._besides: set[asyncio.Task[Any]] = set()
        self._cancelling: set[uuid.UUID] = set()
        self._tried: Counter[int] = Counter()  # models, while a host is in trouble
        self._look_took_s = 0.0
        self._shaken_until = 0.0
        self._unheard: datetime | None = None  # when we claimed what we have not begun to send
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End soon: leases are handed back, requests that upstream has go on without us."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until `stop`."""
        async with changes.listening() as bell:
            jobs = [
                asyncio.create_task(self._for_ever(job), name=job.__name__)
                for job in (
                    self._beat,
                    self._renew,
                    self._sync,
                    self._tell,
                    self._reports,
                    self._late_looks,
                    self._search,
                    self.thumbnails.tend,
                )
            ]
            jobs += [
                asyncio.create_task(self._for_ever(partial(job, bell)), name=job.__name__)
                for job in (self._claim, self._tend)
            ]
            await self._stopping.wait()
            await self._end(jobs)

    async def _end(self, jobs: list[asyncio.Task[None]]) -> None:
        """Hand back what may go on elsewhere; hear the answers to what is being sent, for a moment."""
        sending = {pk: self.runs[pk] for pk in self._sending}
        followed = [task for pk, task in self.runs.items() if pk not in sending]
        copies = list(self.copies)
        await _cancelled([*jobs, *followed, *self.copies.values(), *self._besides])
        await sync_to_async(archivist.release)(copies)
        await sync_to_async(self._take_back)()
        await sync_to_async(leases.release)(self.name, keep=list(sending))
        if sending:
            await asyncio.wait(sending.values(), timeout=STOP_WITHIN_S)
            await _cancelled(sending.values())
            await sync_to_async(leases.release)(self.name)
        await self.looker.close()
        await self.thumbnails.close()
        await WorkerRow.objects.filter(pk=self.name).adelete()

    async def _for_ever(self, job: Callable[[], Awaitable[float]]) -> None:
        """Do a job, wait the seconds that it returns, do it again, whatever broke it the last time."""
        while True:
            try:
                pause_s = await job()
            except Exception as error:
                # A job that ends in silence is worse than one that fails again.
                is_database = isinstance(error, DatabaseError)
                whose = "the database" if is_database else "a job of the worker"
                outages.tell(log, error, "%s did not do its part; again in a moment", whose)
                await sync_to_async(close_old_connections)()
                pause_s = AFTER_DATABASE_ERROR_S
            await asyncio.sleep(pause_s)

    async def _claim(self, bell: changes.Bell) -> float:
        """Take what is free, at once whenever something has changed."""
        version = -1
        while True:
            version = await bell.wait(version, LOOK_AGAIN_S)
            if claim := await self._at_rows(self._free):
                self._begin(claim)
            await asyncio.sleep(min(self._look_took_s / LOOK_SHARE, LOOK_PAUSE_S))

    def _begin(self, claim: leases.Claim) -> None:
        for run in claim.to_send:
            self._sending.add(run.pk)
            self._start(run.pk, partial(self._send, run))
        for pk in claim.to_follow:
            self._start(pk, partial(self._take_up, pk))
        self._unheard = None
        # The others are told of as they leave.
        if left := {run.pk for run in claim.to_send if run.sent_at}:
            self._do_besides(self._tell_slow(left))

    async def _tell_slow(self, left: set[uuid.UUID]) -> None:
        """Pages hear that runs are on their way where that takes long: mostly the answer is the news."""
        await asyncio.sleep(SLOW_S)
        if left & self._sending:
            await self._at_rows(changes.announce)

    async def _tend(self, bell: changes.Bell) -> float:
        """Cancel what is to be cancelled and copy what is new: a moment later is soon enough."""
        version = -1
        while True:
            version = await bell.wait(version, LOOK_AGAIN_S)
            await asyncio.sleep(TEND_EVERY_S)  # what is to be sent and written goes first
            to_cancel, to_copy = await self._at_rows(self._untended) or ([], [])
            for pk in to_cancel:
                self._cancelling.add(pk)
                self._do_besides(self._cancel(pk))
            for artifact in to_copy:
                copying = asyncio.create_task(
                    archivist.keep(artifact, self.upstream.files, self.looker)
                )
                self.copies[artifact.pk] = copying
                copying.add_done_callback(_report)
                copying.add_done_callback(partial(self._copied, artifact.pk))

    async def _at_rows(self, look: Callable[[], T]) -> T | None:
        """What a look at the rows gives; None when the database does not do its part."""
        try:
            return await sync_to_async(look)()
        except DatabaseError as error:
            outages.tell(log, error, "the database did not do its part; again in a moment")
            self._shaken_until = time.monotonic() + SHAKEN_S
            await sync_to_async(close_old_connections)()
            await asyncio.sleep(AFTER_DATABASE_ERROR_S)
            return None

    def _free(self) -> leases.Claim | None:
        began = time.perf_counter()
        self._take_back()
        room = AT_ONCE - len(self.runs)
        may_go = self._may_go()
        # A worker without runs claims at once: that looks before it writes, too.
        has_free = room > 0 and self.has_key and (not self.runs or leases.has_free(may_go))
        self._time_look(
            began
        )  # where the database kept it waiting, it kept the others from renewing
        claim = self._claimed(room, may_go) if has_free else None
        if not may_go:
            self._tried.clear()
        for run in claim.to_send if claim else ():
            self._host(run.transport).sends()
            if may_go:
                self._tried[run.endpoint_id] += 1
        # With what it took to claim: the claim itself rings, and to look again at once would hold up what it got.
        self._time_look(began)
        return claim

    def _time_look(self, began: float) -> None:
        self._look_took_s = time.perf_counter() - began
        if self._look_took_s > leases.RENEW_EVERY_S:
            self._shaken_until = time.monotonic() + SHAKEN_S

    def _claimed(self, room: int, may_go: MayGo) -> leases.Claim:
        self._unheard = at = clock.now()
        # One that we still hold for a moment, given back just now, is not begun again at once.
        is_ours = self.runs.keys()
        return leases.claim(
            self.name,
            room,
            at,
            may_go,
            may_leave=lambda run: run.pk not in is_ours,
            tried=self._tried,
            held=is_ours,
            is_shaken=time.monotonic() < self._shaken_until,
        )

    def _take_back(self) -> None:
        """A claim that was cut off may have come through all the same; nothing of it was sent."""
        if self._unheard:
            leases.take_back(self.name, self._unheard)
            self._unheard = None

    def _may_go(self) -> dict[str, int]:
        """How many new runs may go to hosts in trouble: one, where none of those who follow is well."""
        hosts = {transport: self._host(transport) for transport in WAYS}
        follows = bool(self.runs.keys() - self._sending)
        return {
            transport: int(host.may_send(has_followers=follows and transport == Transport.QUEUE))
            for transport, host in hosts.items()
            if not host.is_well
        }

    def _host(self, transport: str) -> Host:
        addresses = self.upstream.addresses
        if transport == Transport.QUEUE:
            return self.pace.host(addresses.queue)
        return self.pace.host(addresses.ws if transport == Transport.WEBSOCKET else addresses.run)

    def _untended(self) -> tuple[list[uuid.UUID], list[Artifact]]:
        wanted = Run.objects.unfinished().filter(
            worker=self.name, handle__isnull=False, cancel_requested_at__isnull=False
        )
        to_cancel = [pk for pk in wanted.values_list("pk", flat=True) if pk not in self._cancelling]
        room = COPIES_AT_ONCE - len(self.copies)
        return to_cancel, archivist.due(room) if room > 0 and archivist.has_due() else []

    def _start(self, pk: uuid.UUID, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if pk in self.runs:  # our own lease ran out and we claimed it again
            return
        task = asyncio.create_task(work(), name=f"run {pk}")
        self.runs[pk] = task
        task.add_done_callback(_report)
        task.add_done_callback(lambda _: self._let_go(pk))

    def _do_besides(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._besides.add(task)
        task.add_done_callback(self._besides.discard)
        task.add_done_callback(_report)

    def _copied(self, pk: int, task: asyncio.Task[None]) -> None:
        self.copies.pop(pk, None)

    def _let_go(self, pk: uuid.UUID) -> None:
        self.runs.pop(pk, None)
        self._sending.discard(pk)
        self._cancelling.discard(pk)

    async def _send(self, run: Run) -> None:
        try:
            handle = await dispatcher.send(run, self.upstream)
        finally:
            self._sending.discard(run.pk)
        if handle:
            self.pace.read(self.upstream.addresses.queue)
        if handle and not self._stopping.is_set():
            await follower.follow(run.pk, handle, self.upstream, self.pace)

    async def _take_up(self, pk: uuid.UUID) -> None:
        """Follow a run that another worker sent."""
        handle = fal.Handle.from_json((await Run.objects.only("handle").aget(pk=pk)).handle)
        await follower.follow(pk, handle, self.upstream, self.pace)

    async def _cancel(self, pk: uuid.UUID) -> None:
        try:
            await follower.cancel(pk, self.upstream, self.pace)
        except (fal.FalError, DatabaseError) as error:
            log.warning("run %s not cancelled, again soon: %s", pk, error)
            await asyncio.sleep(leases.RENEW_EVERY_S)
            self._cancelling.discard(pk)

    async def _reports(self) -> float:
        """What webhooks left to do."""
        return await webhooks.tend(self.upstream)

    async def _late_looks(self) -> float:
        """What webhooks left to ask for."""
        return await late_looks.tend(self.upstream)

    async def _search(self) -> float:
        """Find runs again whose submit was not answered."""
        return await unconfirmed.tend(self.upstream) if self.has_key else NEVER_S

    async def _beat(self) -> float:
        await WorkerRow.objects.aupdate_or_create(
            pk=self.name,
            defaults={
                "beat_at": await sync_to_async(clock.now)(),
                "has_key": self.has_key,
                "trouble": self.pace.trouble[:255],
            },
        )
        return leases.RENEW_EVERY_S

    async def _tell(self) -> float:
        """Say what ails upstream, on /healthz and on the pages of the runs that wait for it."""
        with suppress(TimeoutError):  # runs that were asked for meanwhile wait for it as well
            async with asyncio.timeout(TELL_AGAIN_S if self.pace.trouble else None):
                await self.pace.has_news.wait()
        self.pace.has_news.clear()
        await self._beat()
        troubles = {transport: self._host(transport).trouble for transport in WAYS}
        await sync_to_async(leases.note)(self.name, troubles)
        return TELL_EVERY_S

    async def _renew(self) -> float:
        held = list(self.runs)
        for start in range(0, len(held), RENEWED_TOGETHER):  # others write in between
            some = held[start : start + RENEWED_TOGETHER]
            lost = await sync_to_async(leases.renew)(self.name, some)
            for pk in lost & self.runs.keys():
                log.warning("run %s is not ours any more", pk)
                self.runs[pk].cancel()
        if self.copies:
            await sync_to_async(archivist.renew)(list(self.copies))
        await sync_to_async(leases.tell_turns)()
        return leases.RENEW_EVERY_S

    async def _sync(self) -> float:
        """Bring the catalogue up to date; what ended early goes on soon."""
        try:
            report = await sync.run(self.upstream.platform)
        except sync.AlreadyRunning as error:
            log.info("%s", error)
            return SYNC_AGAIN_S
        await afterwards.settle_gently()
        if report.state != SyncReport.State.DONE:
            return SYNC_AGAIN_S
        return settings.SYNC_INTERVAL_MINUTES * 60.0 or NEVER_S


async def _cancelled(tasks: Iterable[asyncio.Task[None]]) -> None:
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _report(task: asyncio.Task[Any]) -> None:
    """What ended a task is told; the lease runs out and the run is taken up again."""
    if task.cancelled() or (error := task.exception()) is None:
        return
    if isinstance(error, DatabaseError):
        log.warning("%s had to stop, and is taken up again: %s", task.get_name(), error)
    else:  # nobody expected it
        log.error("%s broke off", task.get_name(), exc_info=error)
