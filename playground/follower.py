"""Follows a run that upstream has to its end, and fetches what came of it."""

from __future__ import annotations

import asyncio
import logging
import uuid
from contextlib import aclosing
from dataclasses import replace
from typing import NamedTuple

from django.utils import timezone

import fal
from playground import asking, lifecycle, outcomes, unconfirmed
from playground.asking import TOLD_EVERY, Loss, asked_for_s, is_over, is_unwanted, tell
from playground.gathering import gathered
from playground.lifecycle import Observation
from playground.models import Run
from playground.pacing import Pace
from playground.writing import surely

log = logging.getLogger(__name__)

FETCH_FIRST_S = 0.9  # between two tries to have a result
FETCH_SLOWEST_S = 5.0
UNREADABLE_LIMIT = 20  # in a minute and a half; an id vouches for no body that was cut
UNKNOWN_LIMIT = 20  # a status word nobody knows is not waited on for ever (C18)
UNKNOWN_WITH_ERROR_LIMIT = 3  # least of all one that comes with an error
UNWANTED_S = 30.0  # so long after it was cancelled a result that is there is still waited for
NOT_OF_THE_RESULT = {401, 403, 404, 408, 425, 429}
GONE = "Upstream says that there is no such request."

STATE_OF = {
    fal.Phase.IN_QUEUE: Run.State.QUEUED,
    fal.Phase.IN_PROGRESS: Run.State.RUNNING,
}


async def follow(pk: uuid.UUID, handle: fal.Handle, upstream: fal.Clients, pace: Pace) -> None:
    """Watch the run that upstream knows by `handle` until it has ended, then fetch and keep its result.

    Network faults end nothing: upstream is asked again, at the pace its host allows, for
    as long as it takes. Only an answer about the run itself ends it, or its webhook.
    """
    unknown, loss = 0, Loss(pk)
    async with aclosing(gathered(asking.statuses(pk, handle, upstream.queue, pace, loss))) as told:
        async for status in told:
            if status.state is fal.Phase.COMPLETED:
                # The stream is closed beside it: whoever watches waits for the result alone.
                await _end(Completed(pk, handle, upstream, pace, status, loss))
                return
            unknown = unknown + 1 if status.state is fal.Phase.UNKNOWN else 0
            if unknown > (UNKNOWN_WITH_ERROR_LIMIT if status.error else UNKNOWN_LIMIT):
                words = status.error or "Upstream gives a status that nobody knows."
                failure = fal.RunFailed(words, type=status.error_type, detail=status.raw)
                await lifecycle.arecord(pk, outcomes.failed(failure, by="poll"))
                return
            await lifecycle.arecord(pk, _seen(status))


class Completed(NamedTuple):
    """A request that upstream has completed, and all it takes to fetch what came of it for its run."""

    pk: uuid.UUID
    handle: fal.Handle
    upstream: fal.Clients
    pace: Pace
    status: fal.Status
    loss: Loss


async def _end(over: Completed) -> None:
    """End the run by the result of its completed request, with the last that its status told."""
    at = timezone.now()
    seen = await _outcome(over)
    ended = replace(seen, at=at, request_id=over.handle.request_id)
    await lifecycle.arecord(
        over.pk, replace(ended, logs=over.status.logs, metrics=over.status.metrics)
    )


async def _outcome(over: Completed) -> Observation:
    """What came of a completed request; upstream is asked until it says so, or nobody wants it any more.

    What has ended cannot be cancelled there: who cancels it here waits for its result for a while only.
    """
    status, url = over.status, over.handle.response_url
    pause_s, refused, failures, is_certain = FETCH_FIRST_S, 0, 0, bool(status.failure)
    while True:
        await over.pace.turn(url)
        try:
            result = await over.upstream.queue.result(over.handle)
        except fal.RunFailed as error:
            over.pace.read(url)
            error.type = error.type or status.error_type
            # The status told of no failure: a runner's trouble may be that of this answer alone.
            if is_certain or not error.is_retryable or (error.status or 0) < 500:
                return outcomes.failed(error, by="result")
            is_certain = True
            await asyncio.sleep(pause_s)
        except fal.FalError as error:
            if status.failure and not error.is_retryable:
                return outcomes.failed(status.failure, by="result")
            if await over.loss.heard(error):
                return await _gone(over, error)
            # A result that nobody can read is its model's matter, and says nothing of the host.
            refused = refused + 1 if _is_no_result(error) else 0
            if refused > (UNREADABLE_LIMIT if _may_become_one(error) else 0):
                run, platform = await _run(over.pk), over.upstream.platform
                listed = await unconfirmed.in_place_of(error, run, platform)
                return listed if listed.state else outcomes.failed(error, by="result")
            log.warning("result of %s not had: %s", over.handle.request_id, error)
            failures += 1
            await tell(over.pk, error, failures, over.pace.host(url))
            if failures >= TOLD_EVERY and await is_unwanted(over.pk, UNWANTED_S):
                return outcomes.failed(error, by="result")
            await asyncio.sleep(max(pause_s, asked_for_s(error)))
            pause_s = min(pause_s * 1.5, FETCH_SLOWEST_S)
        else:
            over.pace.read(url)
            # COMPLETED with an error is a failure, whatever the result says (C19).
            if status.failure:
                return outcomes.failed(status.failure, result.output, by="result")
            return outcomes.gave(result, by="result")


def handle_of(run: Run, queue: fal.Queue, request_id: str = "") -> fal.Handle:
    """The handle of a run (with its endpoint), made anew by its request's id where no answer told it."""
    known = fal.Handle.from_json(run.handle) if run.handle else None
    if known and request_id in ("", known.request_id):
        return known
    return queue.handle(run.endpoint.endpoint_id, request_id or run.request_id)


async def cancel(pk: uuid.UUID, upstream: fal.Clients, pace: Pace) -> None:
    """Ask upstream to stop the run. How it really ends is seen by whoever follows it.

    One that had ended by then is ended here where nobody has seen it a moment later (C22).
    Raises fal.FalError, and leaves it in the timeline, when upstream did not take the word.
    """
    run = await Run.objects.only("handle").aget(pk=pk)
    if not run.handle:
        return
    handle = fal.Handle.from_json(run.handle)
    try:
        answer = await upstream.queue.cancel(handle)
    except fal.FalError as error:
        await surely(lifecycle.note_event, pk, "unstopped", lifecycle.why(error.as_json()))
        raise
    log.info("cancel of run %s: %s", pk, answer)
    await surely(lifecycle.note_event, pk, "cancel", answer.value)
    if answer is fal.Cancellation.ALREADY_COMPLETED:
        await asyncio.sleep(FETCH_FIRST_S)
        if not await is_over(pk):
            await _end(
                Completed(pk, handle, upstream, pace, fal.Status(fal.Phase.COMPLETED), Loss(pk))
            )


def _seen(status: fal.Status) -> Observation:
    return Observation(
        STATE_OF.get(status.state, Run.State.QUEUED),
        by="status",
        queue_position=status.queue_position,
        logs=status.logs,
        metrics=status.metrics,
        note="",
    )


def _is_no_result(error: fal.FalError) -> bool:
    """Whether upstream gave something else as the result: what nobody can read, is far too large or refuses."""
    is_answer = isinstance(error, fal.RequestRejected) and (error.status or 200) < 500
    return is_answer and error.status not in NOT_OF_THE_RESULT


def _may_become_one(error: fal.FalError) -> bool:
    """Whether such a result is worth asking for again: one that is far too large stays so."""
    return error.is_retryable or (error.status or 200) >= 300


async def _gone(over: Completed, error: fal.FalError) -> Observation:
    """The end of a run that the queue no longer knows, as it does not know what it was told to drop."""
    is_dropped = await is_unwanted(over.pk)
    if not is_dropped:
        # The list keeps what came of a request for longer.
        listed = await unconfirmed.listed(await _run(over.pk), over.upstream.platform)
        if listed.state:
            return listed
    type_ = fal.CANCELLED if is_dropped else "not_found"
    failure = fal.RunFailed(GONE, type=type_, detail=error.as_json(), status=error.status)
    return outcomes.failed(failure, by="result")


async def _run(pk: uuid.UUID) -> Run:
    return await Run.objects.with_endpoint().aget(pk=pk)
