"""Follows a run that upstream has to its end: by its status stream, by polling where that fails."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

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

STATE_OF = {
    fal.Phase.IN_QUEUE: Run.State.QUEUED,
    fal.Phase.IN_PROGRESS: Run.State.RUNNING,
}


async def follow(pk: uuid.UUID, handle: fal.Handle, queue: fal.Queue, pace: Pace) -> None:
    """Watch the run that upstream knows by `handle` until it has ended, then fetch and keep its result.

    Network faults end nothing: upstream is asked again, at the pace its host allows, for
    as long as it takes. Only an answer about the run itself ends it, or its webhook.
    """
    unknown = 0
    async with aclosing(gathered(statuses(pk, handle, queue, pace))) as told:
        async for status in told:
            if status.state is fal.Phase.COMPLETED:
                # The stream is closed beside it: whoever watches waits for the result alone.
                await _end(pk, handle, queue, pace, status)
                return
            unknown = unknown + 1 if status.state is fal.Phase.UNKNOWN else 0
            if unknown > UNKNOWN_LIMIT:
                failure = fal.RunFailed(
                    "Upstream gives a status that nobody knows.", detail=status.raw
                )
                await lifecycle.arecord(pk, outcomes.failed(failure, by="poll"))
                return
            await lifecycle.arecord(pk, _seen(status))


async def statuses(
    pk: uuid.UUID, handle: fal.Handle, queue: fal.Queue, pace: Pace
) -> AsyncGenerator[fal.Status]:
    """Every status upstream gives, the last one being COMPLETED; they stop when a webhook ends the run."""
    url = handle.status_url
    loop = asyncio.get_running_loop()
    began = loop.time()
    may_stream = pace.may_stream(handle.endpoint_id)
    has_waited, failures, heard = False, 0, 0
    slowest_s = POLL_SLOWEST_REPORTED_S if settings.PUBLIC_URL else POLL_SLOWEST_S
    while not (settings.PUBLIC_URL and await _is_over(pk)):
        await pace.turn(url)
        if may_stream:
            try:
                async with aclosing(queue.events(handle)) as events:
                    async for status in events:
                        failures = 0
                        pace.read(url)
                        yield status
                        heard += 1
                        if heard % EVENTS_IN_A_ROW == 0:
                            await pace.give_way()
            except fal.FalError as error:
                is_none = isinstance(error, fal.Unreadable) or error.status in WITHOUT_STREAM
                may_stream = not is_none
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
                if _is_lost(error):
                    yield _gone(error)
                    return
                pace.read(url, error)
                log.warning("status of %s not had: %s", handle.request_id, error)
                pause_s = max(pause_s, _asked_for_s(error))
                failures += 1
                await _tell(pk, error, failures)
            else:
                failures = 0
                pace.read(url)
                if not may_stream:  # and not because upstream does not know the request
                    pace.note_no_stream(handle.endpoint_id)
                yield status
        has_waited = True
        with pace.polled():
            await asyncio.sleep(pace.poll_pause_s(pause_s))


async def _end(
    pk: uuid.UUID, handle: fal.Handle, queue: fal.Queue, pace: Pace, status: fal.Status
) -> None:
    """End the run by the result of its completed request, with the last that its status told."""
    at = timezone.now()
    seen = await _outcome(pk, handle, queue, pace, status)
    ended = replace(seen, at=at, request_id=handle.request_id)
    await lifecycle.arecord(pk, replace(ended, logs=status.logs, metrics=status.metrics))


async def _outcome(
    pk: uuid.UUID, handle: fal.Handle, queue: fal.Queue, pace: Pace, status: fal.Status
) -> Observation:
    """What came of a completed request; upstream is asked until it says so, or nobody wants it any more.

    What has ended cannot be cancelled there: who cancels it here no longer waits for its result.
    """
    pause_s, unreadable, failures = POLL_FIRST_S, 0, 0
    while True:
        await pace.turn(handle.response_url)
        try:
            result = await queue.result(handle)
        except fal.RunFailed as error:
            pace.read(handle.response_url)
            error.type = error.type or status.error_type
            return outcomes.failed(error, by="result")
        except fal.FalError as error:
            # A result that nobody can read is its model's matter, and says nothing of the host.
            if _is_lost(error) or (status.failure and not error.is_retryable):
                return outcomes.failed(status.failure or error, by="result")
            unreadable = unreadable + 1 if _is_unreadable(error) else 0
            if unreadable > _most_unreadable(error):
                return outcomes.failed(error, by="result")
            log.warning("result of %s not had: %s", handle.request_id, error)
            failures += 1
            await _tell(pk, error, failures)
            if await Run.objects.filter(pk=pk, cancel_requested_at__isnull=False).aexists():
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
        await lifecycle.arecord(pk, Observation(by="follower", note=str(error)))


async def cancel(pk: uuid.UUID, queue: fal.Queue) -> None:
    """Ask upstream to stop the run. How it really ends is seen by whoever follows it."""
    run = await Run.objects.only("handle").aget(pk=pk)
    if not run.handle:
        return
    answer = await queue.cancel(fal.Handle.from_json(run.handle))
    log.info("cancel of run %s: %s", pk, answer)
    await surely(lifecycle.note_event, pk, "cancel", answer.value)


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


def _is_lost(error: fal.FalError) -> bool:
    """Whether upstream says that it does not know the request: asking again changes nothing."""
    return isinstance(error, fal.RequestRejected) and error.status == 404


def _is_unreadable(error: fal.FalError) -> bool:
    """Whether upstream gave a result that nobody can read, or one that is far too large."""
    return isinstance(error, fal.UpstreamFailed) and (error.status or 200) < 300


def _most_unreadable(error: fal.FalError) -> int:
    """How often such a result is asked for again."""
    if not error.is_retryable:
        return 0
    return WHOLE_LIMIT if error.request_id else UNREADABLE_LIMIT


def _gone(error: fal.FalError) -> fal.Status:
    return fal.Status(
        state=fal.Phase.COMPLETED,
        error="Upstream no longer knows this request; its result has expired.",
        error_type="not_found",
        raw=error.as_json(),
    )
