"""How a run that upstream has is asked about: by its status stream, by polling where that fails."""

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
from playground import lifecycle
from playground.lifecycle import Observation
from playground.models import Run
from playground.pacing import LONGEST_ASKED_FOR_S, Host, Pace
from playground.words import sentence

log = logging.getLogger(__name__)

POLL_SOON_S = 0.45  # a short run ends soon after it was sent
POLL_FIRST_S = 0.9
POLL_SLOWEST_S = 5.0
# Where a webhook tells the end polling only catches a lost one.
REPORTED_S = (15.0, 15.0, 60.0)
POLL_SHARE = 0.15  # of the time since it was sent: a long run is asked for less often (goal G2)
WITHOUT_STREAM = {404, 405, 501}
EVENTS_IN_A_ROW = 50  # that a stream gives, before others have their turn
TOLD_EVERY = 2  # failures in a row: one is over before anybody has read of it
QUIET_S = 60.0  # a stream that is open and says nothing: upstream is asked beside it
LONGEST_QUIET_S = 300.0
LOST_AFTER_S = 15.0  # an upstream that is being deployed, or lags, does not know what it has
LOST_WITHOUT_WORD_S = 900.0  # nor does whoever stands before it, who answers with a page
LOST_AND_UNWANTED_S = 3.0  # what was cancelled in the queue is forgotten there


async def statuses(
    pk: uuid.UUID, handle: fal.Handle, queue: fal.Queue, pace: Pace, loss: Loss | None = None
) -> AsyncGenerator[fal.Status]:
    """Every status upstream gives, the last one being COMPLETED; they stop when a webhook ends the run.

    COMPLETED is, too, what upstream no longer knows: its result may be there all the same.
    """
    asking = _Asking(pk, handle, queue, pace, loss or Loss(pk))
    while not (settings.PUBLIC_URL and await is_over(pk)):
        await pace.turn(handle.status_url)
        if asking.may_stream:
            async with aclosing(asking.streamed()) as told:
                async for status in told:
                    yield status
        if asking.may_poll and (polled := await asking.polled()):
            yield polled
        await asking.wait()


class _Asking:
    """How a run is asked about: by its status stream while there is one, else by polls that grow rarer."""

    def __init__(
        self, pk: uuid.UUID, handle: fal.Handle, queue: fal.Queue, pace: Pace, loss: Loss
    ) -> None:
        self.may_stream = pace.may_stream(handle.endpoint_id)
        self._pk = pk
        self._handle = handle
        self._queue = queue
        self._pace = pace
        self._loss = loss
        self._lacks_stream = self._has_waited = False
        self._heard = self._failures = 0
        self._began = asyncio.get_running_loop().time()
        unreported_s = (POLL_SOON_S, POLL_FIRST_S, POLL_SLOWEST_S)
        self._pause_s, self._first_s, self._slowest_s = (
            REPORTED_S if settings.PUBLIC_URL else unreported_s
        )

    async def streamed(self) -> AsyncGenerator[fal.Status]:
        """What the stream tells until it ends or breaks off."""
        url = self._handle.status_url
        try:
            async with aclosing(_events(self._handle, self._queue)) as events:
                async for status in events:
                    await self._has_answered()
                    yield status
                    if status.state is fal.Phase.UNKNOWN:  # which may be its last word
                        self.may_stream = False
                        return
                    self._heard += 1
                    if self._heard % EVENTS_IN_A_ROW == 0:
                        await self._pace.give_way()
        except fal.FalError as error:
            is_none = isinstance(error, fal.Unreadable) or error.status in WITHOUT_STREAM
            self.may_stream, self._lacks_stream = not is_none, is_none
            if self.may_stream:
                self._pace.read(url, error)
            log.info("no status stream for %s: %s", self._handle.request_id, error)
            await self._pace.turn(url)

    @property
    def may_poll(self) -> bool:
        """Whether there is something to ask: what upstream has just taken and does not stream has no news."""
        return self.may_stream or self._has_waited

    async def polled(self) -> fal.Status | None:
        """What upstream answers; None where it has no answer."""
        elapsed_s = asyncio.get_running_loop().time() - self._began
        self._pause_s = min(max(self._first_s, POLL_SHARE * elapsed_s), self._slowest_s)
        try:
            status = await self._queue.status(self._handle)
        except fal.FalError as error:
            return await self._unanswered(error)
        await self._has_answered()
        if self._lacks_stream:  # and not because upstream does not know the request
            self._pace.note_no_stream(self._handle.endpoint_id)
        return status

    async def wait(self) -> None:
        """The pause before the next poll."""
        self._has_waited = True
        with self._pace.polled():
            await asyncio.sleep(self._pace.poll_pause_s(self._pause_s))

    async def _has_answered(self) -> None:
        self._failures = 0
        self._pace.read(self._handle.status_url)
        await self._loss.heard()

    async def _unanswered(self, error: fal.FalError) -> fal.Status | None:
        if await self._loss.heard(error):
            return fal.Status(fal.Phase.COMPLETED)
        if error.status == 404:  # so its stream's 404 said nothing of the model
            self.may_stream = self._pace.may_stream(self._handle.endpoint_id)
            self._lacks_stream = False
        self._pace.read(self._handle.status_url, error)
        log.warning("status of %s not had: %s", self._handle.request_id, error)
        self._pause_s = max(self._pause_s, asked_for_s(error))
        self._failures += 1
        await tell(self._pk, error, self._failures, self._pace.host(self._handle.status_url))
        return None


async def _events(handle: fal.Handle, queue: fal.Queue) -> AsyncGenerator[fal.Status]:
    """The statuses of its stream and, where that is silent, what upstream answers beside it.

    A stream that is open need not tell the end. It stays open while upstream agrees with it
    (goal G2: one stream a run), and is left when upstream has no answer.
    """
    quiet_s, following = QUIET_S, None
    async with aclosing(queue.events(handle)) as events:
        try:
            while True:
                following = following or asyncio.ensure_future(anext(events, None))
                told, _ = await asyncio.wait({following}, timeout=quiet_s)
                if told:
                    status, following = following.result(), None
                    if status is None:
                        return
                else:
                    quiet_s = min(quiet_s * 2, LONGEST_QUIET_S)
                    try:
                        status = await queue.status(handle)
                    except fal.FalError as error:
                        log.info("%s is silent, and not answered for: %s", handle.request_id, error)
                        return
                yield status
        finally:
            if following:
                following.cancel()
                await asyncio.wait({following})


class Loss:
    """Since when upstream says that it does not know a run's request."""

    def __init__(self, pk: uuid.UUID) -> None:
        self._pk = pk
        self._since: float | None = None

    async def heard(self, error: fal.FalError | None = None) -> bool:
        """Take note of an answer; whether the request is to be given up: it was unknown for long enough."""
        if not isinstance(error, fal.RequestRejected) or error.status != 404:
            self._since = None
            return False
        now = asyncio.get_running_loop().time()
        self._since = now if self._since is None else self._since
        is_page = str(error.detail or "<").lstrip().startswith("<")
        patience_s = LOST_WITHOUT_WORD_S if is_page else LOST_AFTER_S
        if await is_unwanted(self._pk):
            patience_s = min(patience_s, LOST_AND_UNWANTED_S)
        return now - self._since >= patience_s


async def is_over(pk: uuid.UUID) -> bool:
    """Whether the run has ended, whoever saw it."""
    return not await Run.objects.unfinished().filter(pk=pk).aexists()


async def is_unwanted(pk: uuid.UUID, for_s: float = 0) -> bool:
    """Whether somebody cancelled the run, and so many seconds ago."""
    since = timezone.now() - timedelta(seconds=for_s)
    return await Run.objects.filter(pk=pk, cancel_requested_at__lte=since).aexists()


async def tell(pk: uuid.UUID, error: fal.FalError, failures: int, host: Host) -> None:
    """Say on the run's page what keeps it, where its host is well: of one in trouble every page tells (`leases.note`)."""
    if failures % TOLD_EVERY == 0 and not host.trouble:
        words = "Upstream does not know this run just now." if error.status == 404 else str(error)
        note = f"{sentence(words)} It is asked again."
        await lifecycle.arecord(pk, Observation(by="follower", note=note))


def asked_for_s(error: fal.FalError) -> float:
    """How long upstream asks to be left alone, as far as that is done."""
    return min(error.retry_after_s or 0.0, LONGEST_ASKED_FOR_S)
