"""Follows a run that upstream has to its end: by its status stream, by polling where that fails."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

import fal
from playground import lifecycle, outcomes
from playground.gathering import gathered
from playground.lifecycle import Observation
from playground.models import Run
from playground.pacing import LONGEST_ASKED_FOR_S, Pace
from playground.writing import surely

log = logging.getLogger(__name__)

POLL_SOON_S = 0.45  # a short run ends soon after it was sent
POLL_FIRST_S = 0.9
POLL_SLOWEST_S = 5.0
POLL_SLOWEST_REPORTED_S = 60.0  # where a webhook tells the end: polling catches a lost one
POLL_SHARE = 0.15  # of the time since it was sent: a long run is asked for less often (goal G2)
WITHOUT_STREAM = {404, 405, 501}
EVENTS_IN_A_ROW = 50  # that a stream gives, before others have their turn
UNREADABLE_LIMIT = 20  # a result that is none does not become one
WHOLE_LIMIT = 4  # nor does what fal itself vouches for
TOLD_EVERY = 2  # failures in a row: one is over before anybody has read of it
UNKNOWN_LIMIT = 20  # a status word nobody knows is not waited on for ever (C18)
UNKNOWN_WITH_ERROR_LIMIT = 3  # least of all one that comes with an error
QUIET_S = 60.0  # a stream that is open and says nothing: upstream is asked beside it
LONGEST_QUIET_S = 300.0
LOST_AFTER_S = 15.0  # an upstream that is being deployed, or lags, does not know what it has
LOST_WITHOUT_WORD_S = 900.0  # nor does whoever stands before it, who answers with a page
LOST_AND_UNWANTED_S = 3.0  # what was cancelled in the queue is forgotten there
UNWANTED_S = 30.0  # so long after it was cancelled a result that is there is still waited for
NOT_OF_THE_RESULT = {401, 403, 404, 408, 425, 429}
GONE = "Upstream no longer knows this request; its result has expired."

STATE_OF = {
    fal.Phase.IN_QUEUE: Run.State.QUEUED,
    fal.Phase.IN_PROGRESS: Run.State.RUNNING,
}


async def follow(pk: uuid.UUID, handle: fal.Handle, queue: fal.Queue, pace: Pace) -> None:
    """Watch the run that upstream knows by `handle` until it has ended, then fetch and keep its result.

    Network faults end nothing: upstream is asked again, at the pace its host allows, for
    as long as it takes. Only an answer about the run itself ends it, or its webhook.
    """
    unknown, loss = 0, Loss(pk)
    async with aclosing(gathered(statuses(pk, handle, queue, pace, loss))) as told:
        async for status in told:
            if status.state is fal.Phase.COMPLETED:
                # The stream is closed beside it: whoever watches waits for the result alone.
                await _end(pk, handle, queue, pace, status, loss)
                return
            unknown = unknown + 1 if status.state is fal.Phase.UNKNOWN else 0
            if unknown > (UNKNOWN_WITH_ERROR_LIMIT if status.error else UNKNOWN_LIMIT):
                words = status.error or "Upstream gives a status that nobody knows."
                failure = fal.RunFailed(words, type=status.error_type, detail=status.raw)
                await lifecycle.arecord(pk, outcomes.failed(failure, by="poll"))
                return
            await lifecycle.arecord(pk, _seen(status))


class Loss:
    """Since when upstream says that it does not know a run's request."""

    def __init__(self, pk: uuid.UUID) -> None:
        self._pk = pk
        self._since: float | None = None

    async def is_certain(self, error: fal.FalError | None = None) -> bool:
        """Take note of an answer; whether the request is to be given up: it was unknown for long enough."""
        if not isinstance(error, fal.RequestRejected) or error.status != 404:
            self._since = None
            return False
        now = asyncio.get_running_loop().time()
        self._since = now if self._since is None else self._since
        is_page = str(error.detail or "<").lstrip().startswith("<")
        patience_s = LOST_WITHOUT_WORD_S if is_page else LOST_AFTER_S
        if await _is_unwanted(self._pk):
            patience_s = min(patience_s, LOST_AND_UNWANTED_S)
        return now - self._since >= patience_s


async def statuses(
    pk: uuid.UUID, handle: fal.Handle, queue: fal.Queue, pace: Pace, loss: Loss | None = None
) -> AsyncGenerator[fal.Status]:
    """Every status upstream gives, the last one being COMPLETED; they stop when a webhook ends the run.

    COMPLETED is, too, what upstream no longer knows: its result may be there all the same.
    """
    url, loss = handle.status_url, loss or Loss(pk)
    loop = asyncio.get_running_loop()
    began = loop.time()
    may_stream, lacks_stream = pace.may_stream(handle.endpoint_id), False
    has_waited, failures, heard, quiet_s = False, 0, 0, QUIET_S
    slowest_s = POLL_SLOWEST_REPORTED_S if settings.PUBLIC_URL else POLL_SLOWEST_S
    while not (settings.PUBLIC_URL and await _is_over(pk)):
        await pace.turn(url)
        if may_stream:
            try:
                async with aclosing(_until_quiet(queue.events(handle), quiet_s)) as events:
                    async for status in events:
                        failures = 0
                        pace.read(url)
                        yield status
                        heard += 1
                        if status.state is fal.Phase.UNKNOWN:  # which may be its last word
                            may_stream = False
                            break
                        if heard % EVENTS_IN_A_ROW == 0:
                            await pace.give_way()
            except TimeoutError:
                quiet_s = min(quiet_s * 2, LONGEST_QUIET_S)
            except fal.FalError as error:
                lacks_stream = isinstance(error, fal.Unreadable) or error.status in WITHOUT_STREAM
                may_stream = not lacks_stream
                if may_stream:
                    pace.read(url, error)
                log.info("no status stream for %s: %s", handle.request_id, error)
                await pace.turn(url)
        pause_s = POLL_SOON_S
        if may_stream or has_waited:  # else upstream has just taken it, and there is nothing to ask
            pause_s = min(max(POLL_FIRST_S, POLL_SHARE * (loop.time() - began)), slowest_s)
            try:
                status = await queue.status(handle)
            except fal.FalError as error:
                if await loss.is_certain(error):
                    yield fal.Status(fal.Phase.COMPLETED)
                    return
                if error.status == 404:  # so its stream's 404 said nothing of the model
                    may_stream, lacks_stream = pace.may_stream(handle.endpoint_id), False
                pace.read(url, error)
                log.warning("status of %s not had: %s", handle.request_id, error)
                pause_s = max(pause_s, _asked_for_s(error))
                failures += 1
                await _tell(pk, error, failures)
            else:
                failures = 0
                pace.read(url)
                await loss.is_certain()
                if lacks_stream:  # and not because upstream does not know the request
                    pace.note_no_stream(handle.endpoint_id)
                yield status
        has_waited = True
        with pace.polled():
            await asyncio.sleep(pace.poll_pause_s(pause_s))


async def _until_quiet(
    events: AsyncGenerator[fal.Status], quiet_s: float
) -> AsyncGenerator[fal.Status]:
    """The events; raises TimeoutError when none came for so long, though the stream is open."""
    async with aclosing(events):
        while True:
            try:
                async with asyncio.timeout(quiet_s):
                    status = await anext(events)
            except StopAsyncIteration:
                return
            yield status


async def _end(
    pk: uuid.UUID,
    handle: fal.Handle,
    queue: fal.Queue,
    pace: Pace,
    status: fal.Status,
    loss: Loss,
) -> None:
    """End the run by the result of its completed request, with the last that its status told."""
    at = timezone.now()
    seen = await _outcome(pk, handle, queue, pace, status, loss)
    ended = replace(seen, at=at, request_id=handle.request_id)
    await lifecycle.arecord(pk, replace(ended, logs=status.logs, metrics=status.metrics))


async def _outcome(
    pk: uuid.UUID,
    handle: fal.Handle,
    queue: fal.Queue,
    pace: Pace,
    status: fal.Status,
    loss: Loss,
) -> Observation:
    """What came of a completed request; upstream is asked until it says so, or nobody wants it any more.

    What has ended cannot be cancelled there: who cancels it here waits for its result for a while only.
    """
    pause_s, refused, failures, is_certain = POLL_FIRST_S, 0, 0, bool(status.failure)
    while True:
        await pace.turn(handle.response_url)
        try:
            result = await queue.result(handle)
        except fal.RunFailed as error:
            pace.read(handle.response_url)
            error.type = error.type or status.error_type
            # The status told of no failure: a runner's trouble may be that of this answer alone.
            if is_certain or not error.is_retryable or (error.status or 0) < 500:
                return outcomes.failed(error, by="result")
            is_certain = True
            await asyncio.sleep(pause_s)
        except fal.FalError as error:
            if status.failure and not error.is_retryable:
                return outcomes.failed(status.failure, by="result")
            if await loss.is_certain(error):
                return outcomes.failed(await _gone(pk, error), by="result")
            # A result that nobody can read is its model's matter, and says nothing of the host.
            refused = refused + 1 if _is_no_result(error) else 0
            if refused > _most_refused(error):
                return outcomes.failed(error, by="result")
            log.warning("result of %s not had: %s", handle.request_id, error)
            failures += 1
            await _tell(pk, error, failures)
            if failures >= TOLD_EVERY and await _is_unwanted(pk, UNWANTED_S):
                return outcomes.failed(error, by="result")
            await asyncio.sleep(max(pause_s, _asked_for_s(error)))
            pause_s = min(pause_s * 1.5, POLL_SLOWEST_S)
        else:
            pace.read(handle.response_url)
            # COMPLETED with an error is a failure, whatever the result says (C19).
            if status.failure:
                return outcomes.failed(status.failure, result.output, by="result")
            return outcomes.gave(result, by="result")


def handle_of(run: Run, queue: fal.Queue, request_id: str = "") -> fal.Handle:
    """The handle of a run (with its endpoint), made anew by its request's id where no answer told it."""
    if run.handle:
        return fal.Handle.from_json(run.handle)
    return queue.handle(run.endpoint.endpoint_id, request_id or run.request_id)


async def _tell(pk: uuid.UUID, error: fal.FalError, failures: int) -> None:
    """Say on the run's page what keeps it: the host may be well, and its answers about this run not."""
    if failures % TOLD_EVERY == 0:
        words = "Upstream does not know this run just now." if error.status == 404 else str(error)
        await lifecycle.arecord(pk, Observation(by="follower", note=words))


async def cancel(pk: uuid.UUID, queue: fal.Queue, pace: Pace) -> None:
    """Ask upstream to stop the run. How it really ends is seen by whoever follows it.

    One that had ended by then is ended here where nobody has seen it a moment later (C22).
    """
    run = await Run.objects.only("handle").aget(pk=pk)
    if not run.handle:
        return
    handle = fal.Handle.from_json(run.handle)
    answer = await queue.cancel(handle)
    log.info("cancel of run %s: %s", pk, answer)
    await surely(lifecycle.note_event, pk, "cancel", answer.value)
    if answer is fal.Cancellation.ALREADY_COMPLETED:
        await asyncio.sleep(POLL_FIRST_S)
        if not await _is_over(pk):
            await _end(pk, handle, queue, pace, fal.Status(fal.Phase.COMPLETED), Loss(pk))


def _seen(status: fal.Status) -> Observation:
    return Observation(
        STATE_OF.get(status.state, Run.State.QUEUED),
        by="status",
        queue_position=status.queue_position,
        logs=status.logs,
        metrics=status.metrics,
        note="",
    )


async def _is_over(pk: uuid.UUID) -> bool:
    return not await Run.objects.unfinished().filter(pk=pk).aexists()


def _asked_for_s(error: fal.FalError) -> float:
    return min(error.retry_after_s or 0.0, LONGEST_ASKED_FOR_S)


async def _is_unwanted(pk: uuid.UUID, for_s: float = 0) -> bool:
    """Whether somebody cancelled the run, and so many seconds ago."""
    since = timezone.now() - timedelta(seconds=for_s)
    return await Run.objects.filter(pk=pk, cancel_requested_at__lte=since).aexists()


def _is_no_result(error: fal.FalError) -> bool:
    """Whether upstream gave something else as the result: what nobody can read, is far too large or refuses."""
    is_answer = isinstance(error, fal.RequestRejected) and (error.status or 200) < 500
    return is_answer and error.status not in NOT_OF_THE_RESULT


def _most_refused(error: fal.FalError) -> int:
    """How often such a result is asked for again."""
    if (error.status or 200) >= 300:
        return UNREADABLE_LIMIT
    if not error.is_retryable:
        return 0
    return WHOLE_LIMIT if error.request_id else UNREADABLE_LIMIT


async def _gone(pk: uuid.UUID, error: fal.FalError) -> fal.RunFailed:
    """The end of a run that upstream no longer knows, as it does not know what it was told to drop."""
    type_ = "client_cancelled" if await _is_unwanted(pk) else "not_found"
    return fal.RunFailed(GONE, type=type_, detail=error.as_json(), status=error.status)
