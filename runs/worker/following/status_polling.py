"""Gets the statuses of a submitted run from its status stream, or by polling if that fails."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

import fal
from runs.models import Run
from runs.results.error_messages import with_full_stop
from runs.state import state_machine
from runs.state.transitions import Observation
from runs.worker.circuit_breaker import MAX_RETRY_AFTER_S, HostBreaker
from runs.worker.following.context import FollowContext
from runs.worker.limits import PATIENCE, Patience

log = logging.getLogger(__name__)

POLL_SHARE = 0.15  # of the time since the submit: a long run is polled less often (goal G2)
WITHOUT_STREAM = {404, 405, 501}
EVENTS_IN_A_ROW = 50  # of a stream, before other tasks run
SHOW_EVERY_FAILURES = 2  # a single failure would be over before anybody could read it
LONGEST_QUIET_S = 300.0


async def statuses(
    pk: uuid.UUID,
    handle: fal.Handle,
    queue: fal.Queue,
    context: FollowContext,
    not_found: NotFoundGrace | None = None,
    patience: Patience = PATIENCE,
) -> AsyncGenerator[fal.Status]:
    """Yield every status, COMPLETED as the last; stop when a webhook has ended the run.

    A request that upstream no longer knows counts as COMPLETED: its result may still exist.
    """
    not_found = not_found or NotFoundGrace(pk, patience)
    source = StatusSource(pk, handle, queue, context, not_found, patience)
    while not (settings.PUBLIC_URL and await is_over(pk)):
        await context.breakers.acquire(handle.status_url)
        if source.may_stream:
            async with aclosing(source.from_stream()) as streamed:
                async for status in streamed:
                    yield status
        if source.may_poll and (polled := await source.poll()):
            yield polled
        await source.wait()


class StatusSource:
    """Gets one run's statuses: streamed while there is a stream, else polled ever more rarely."""

    def __init__(
        self,
        pk: uuid.UUID,
        handle: fal.Handle,
        queue: fal.Queue,
        context: FollowContext,
        not_found: NotFoundGrace,
        patience: Patience,
    ) -> None:
        self.may_stream = context.streams.may_stream(handle.endpoint_id)
        self._pk = pk
        self._handle = handle
        self._queue = queue
        self._breakers = context.breakers
        self._context = context
        self._not_found = not_found
        self._patience = patience
        self._is_reported = bool(settings.PUBLIC_URL)
        self._lacks_stream = self._has_waited = False
        self._event_count = self._failures = 0
        self._began = asyncio.get_running_loop().time()
        self._pause_s = self._pauses_s[0]

    @property
    def _pauses_s(self) -> tuple[float, float, float]:
        return self._patience.reported_s if self._is_reported else self._patience.unreported_s

    async def from_stream(self) -> AsyncGenerator[fal.Status]:
        """Yield the stream's statuses until it ends or breaks off."""
        url = self._handle.status_url
        try:
            async with aclosing(
                _events(self._handle, self._queue, self._patience.quiet_s)
            ) as events:
                async for status in events:
                    await self._record_success()
                    yield status
                    if status.state is fal.Phase.UNKNOWN:  # may be the stream's last event
                        self.may_stream = False
                        return
                    self._event_count += 1
                    if self._event_count % EVENTS_IN_A_ROW == 0:
                        await self._context.turns.wait()
        except fal.FalError as error:
            is_missing = isinstance(error, fal.Unreadable) or error.status in WITHOUT_STREAM
            self.may_stream, self._lacks_stream = not is_missing, is_missing
            if self.may_stream:
                self._breakers.record_readable(url, error)
            if error.status not in WITHOUT_STREAM:
                self._poll_without_webhooks(error)
            log.info("no status stream for %s: %s", self._handle.request_id, error)
            await self._breakers.acquire(url)

    @property
    def may_poll(self) -> bool:
        """Whether a poll may have news: not right after the submit if there is no stream."""
        return self.may_stream or self._has_waited

    async def poll(self) -> fal.Status | None:
        """Poll once; return None if the poll failed."""
        self._pause_s = self._next_pause_s()
        try:
            status = await self._queue.status(self._handle)
        except fal.FalError as error:
            return await self._record_failure(error)
        await self._record_success()
        if self._lacks_stream:  # although upstream knows the request
            self._context.streams.record_missing(self._handle.endpoint_id)
        return status

    async def wait(self) -> None:
        """Sleep until the next poll."""
        self._has_waited = True
        with self._context.polls.count():
            await asyncio.sleep(self._context.polls.pause_s(self._pause_s))

    def _next_pause_s(self) -> float:
        elapsed_s = asyncio.get_running_loop().time() - self._began
        _, shortest_s, longest_s = self._pauses_s
        return min(max(shortest_s, POLL_SHARE * elapsed_s), longest_s)

    def _poll_without_webhooks(self, error: fal.FalError) -> None:
        """Poll as often as without webhooks: if answers fail, webhooks may fail as well.

        Not after a rate limit, which asks for fewer requests.
        """
        if self._is_reported and not isinstance(error, fal.RateLimited):
            self._is_reported = False
            self._pause_s = self._next_pause_s() if self._has_waited else self._pauses_s[0]

    async def _record_success(self) -> None:
        self._failures = 0
        self._breakers.record_readable(self._handle.status_url)
        await self._not_found.record()

    async def _record_failure(self, error: fal.FalError) -> fal.Status | None:
        if await self._not_found.record(error):
            return fal.Status(fal.Phase.COMPLETED)
        if error.status == 404:  # so the 404 of its stream says nothing about the model
            self.may_stream = self._context.streams.may_stream(self._handle.endpoint_id)
            self._lacks_stream = False
        self._breakers.record_readable(self._handle.status_url, error)
        log.warning("no status of %s: %s", self._handle.request_id, error)
        self._poll_without_webhooks(error)
        self._pause_s = max(self._pause_s, requested_wait_s(error))
        self._failures += 1
        await note_trouble(
            self._pk, error, self._failures, self._breakers.host(self._handle.status_url)
        )
        return None


async def _events(
    handle: fal.Handle, queue: fal.Queue, quiet_s: float
) -> AsyncGenerator[fal.Status]:
    """Yield the stream's statuses and, after `quiet_s` of silence, statuses of occasional polls.

    An open stream may miss the end. It is kept while polls succeed (goal G2: one stream per run)
    and abandoned when one fails.
    """
    pending = None
    async with aclosing(queue.events(handle)) as events:
        try:
            while True:
                pending = pending or asyncio.ensure_future(anext(events, None))
                done_tasks, _ = await asyncio.wait({pending}, timeout=quiet_s)
                if done_tasks:
                    status, pending = pending.result(), None
                    if status is None:
                        return
                else:
                    quiet_s = min(quiet_s * 2, LONGEST_QUIET_S)
                    try:
                        status = await queue.status(handle)
                    except fal.FalError as error:
                        log.info(
                            "the stream of %s is silent, and a poll failed: %s",
                            handle.request_id,
                            error,
                        )
                        return
                yield status
        finally:
            if pending:
                pending.cancel()
                await asyncio.wait({pending})


class NotFoundGrace:
    """Measures how long upstream answers 404 for a run's request, and decides when to give up."""

    def __init__(self, pk: uuid.UUID, patience: Patience = PATIENCE) -> None:
        self._pk = pk
        self._patience = patience
        self._since: float | None = None

    async def record(self, error: fal.FalError | None = None) -> bool:
        """Record an answer; return whether the request was missing long enough to be lost."""
        if not isinstance(error, fal.RequestRejected) or error.status != 404:
            self._since = None
            return False
        now = asyncio.get_running_loop().time()
        self._since = now if self._since is None else self._since
        is_page = str(error.detail or "<").lstrip().startswith("<")
        patience = self._patience
        grace_s = patience.lost_without_word_s if is_page else patience.lost_after_s
        if await is_cancel_requested(self._pk):
            grace_s = min(grace_s, patience.lost_and_unwanted_s)
        return now - self._since >= grace_s


async def is_over(pk: uuid.UUID) -> bool:
    """Whether the run has ended, whatever recorded it."""
    return not await Run.objects.unfinished().filter(pk=pk).aexists()


async def is_cancel_requested(pk: uuid.UUID, for_s: float = 0) -> bool:
    """Whether a user cancelled the run at least `for_s` seconds ago."""
    since = timezone.now() - timedelta(seconds=for_s)
    return await Run.objects.filter(pk=pk, cancel_requested_at__lte=since).aexists()


async def note_trouble(
    pk: uuid.UUID, error: fal.FalError, failures: int, host: HostBreaker
) -> None:
    """Show a run's own failures on its page; a host's trouble is on the pages of all its runs."""
    if failures % SHOW_EVERY_FAILURES == 0 and not host.trouble:
        message = (
            "Upstream does not know this run at the moment." if error.status == 404 else str(error)
        )
        note = f"{with_full_stop(message)} Vitrine asks again."
        await state_machine.arecord(pk, Observation(by="follower", note=note))


def requested_wait_s(error: fal.FalError) -> float:
    """Return the seconds that upstream asks to wait (Retry-After), up to a maximum."""
    return min(error.retry_after_s or 0.0, MAX_RETRY_AFTER_S)
