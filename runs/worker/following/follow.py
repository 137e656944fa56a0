"""Follows a submitted run to its end and fetches its result."""

from __future__ import annotations

import asyncio
import logging
import uuid
from contextlib import aclosing
from dataclasses import replace
from typing import NamedTuple

from django.utils import timezone

import fal
from runs.models import Run
from runs.results import outcomes
from runs.state import state_machine, transitions
from runs.state.locked_update import retry_until_committed
from runs.state.transitions import Observation
from runs.worker.circuit_breaker import BreakerRegistry
from runs.worker.following import reconciliation, status_polling
from runs.worker.following.context import FollowContext
from runs.worker.following.log_batching import batch_logs
from runs.worker.following.status_polling import (
    SHOW_EVERY_FAILURES,
    NotFoundGrace,
    is_cancel_requested,
    is_over,
    note_trouble,
    requested_wait_s,
)
from runs.worker.limits import PATIENCE, Patience

log = logging.getLogger(__name__)

UNKNOWN_LIMIT = 20  # unknown statuses in a row, then the run fails (C18)
UNKNOWN_WITH_ERROR_LIMIT = 3  # of unknown statuses that come with an error
NOT_OF_THE_RESULT = {401, 403, 404, 408, 425, 429}
GONE = "Upstream says that there is no such request."

STATE_OF = {
    fal.Phase.IN_QUEUE: Run.State.QUEUED,
    fal.Phase.IN_PROGRESS: Run.State.RUNNING,
}


async def follow(
    pk: uuid.UUID,
    handle: fal.Handle,
    upstream: fal.Clients,
    context: FollowContext,
    patience: Patience = PATIENCE,
) -> None:
    """Follow the run with this `handle` until it has ended, then fetch and record its result.

    Network errors never end a run: requests are repeated without limit, as the host's breaker
    allows. Only an answer about the run itself, or its webhook, ends it.
    """
    unknown, not_found = 0, NotFoundGrace(pk, patience)
    statuses = status_polling.statuses(pk, handle, upstream.queue, context, not_found, patience)
    async with aclosing(batch_logs(statuses)) as batches:
        async for status in batches:
            if status.state is fal.Phase.COMPLETED:
                # The stream closes in the background: only wait for the result.
                breakers = context.breakers
                await _finish(
                    CompletedRequest(pk, handle, upstream, breakers, status, not_found, patience)
                )
                return
            unknown = unknown + 1 if status.state is fal.Phase.UNKNOWN else 0
            if unknown > (UNKNOWN_WITH_ERROR_LIMIT if status.error else UNKNOWN_LIMIT):
                message = status.error or "Upstream gives an unknown status."
                failure = fal.RunFailed(message, type=status.error_type, detail=status.raw)
                await state_machine.arecord(pk, outcomes.from_error(failure, by="poll"))
                return
            await state_machine.arecord(pk, _observation(status))


class CompletedRequest(NamedTuple):
    """A completed request, and everything needed to fetch its result for its run."""

    pk: uuid.UUID
    handle: fal.Handle
    upstream: fal.Clients
    breakers: BreakerRegistry
    status: fal.Status
    not_found: NotFoundGrace
    patience: Patience


async def _finish(completed: CompletedRequest) -> None:
    """End the run with the result of its completed request and the data of its last status."""
    at = timezone.now()
    observation = await _outcome(completed)
    ended = replace(observation, at=at, request_id=completed.handle.request_id)
    await state_machine.arecord(
        completed.pk, replace(ended, logs=completed.status.logs, metrics=completed.status.metrics)
    )


async def _outcome(completed: CompletedRequest) -> Observation:
    """Fetch the outcome of a completed request; retry until upstream returns it.

    A completed request cannot be cancelled upstream; after a cancel here, retries end soon.
    """
    status, url, patience = completed.status, completed.handle.response_url, completed.patience
    pause_s, unreadable, failures = patience.fetch_first_s, 0, 0
    is_certain = bool(status.failure)
    while True:
        await completed.breakers.acquire(url)
        try:
            result = await completed.upstream.queue.result(completed.handle)
        except fal.RunFailed as error:
            completed.breakers.record_readable(url)
            error.type = error.type or status.error_type
            # The status named no failure: a runner's error may concern this response only.
            if is_certain or not error.is_retryable or (error.status or 0) < 500:
                return outcomes.from_error(error, by="result")
            is_certain = True
            await asyncio.sleep(pause_s)
        except fal.FalError as error:
            if status.failure and not error.is_retryable:
                return outcomes.from_error(status.failure, by="result")
            if await completed.not_found.record(error):
                return await _outcome_of_unknown_request(completed, error)
            # An unreadable result is the model's problem and says nothing about the host.
            unreadable = unreadable + 1 if _is_no_result(error) else 0
            if unreadable > (patience.unreadable_limit if _may_succeed_on_retry(error) else 0):
                run, platform = await _load(completed.pk), completed.upstream.platform
                entry = await reconciliation.outcome_instead_of(
                    error, run, platform, patience.list_pauses_s
                )
                return entry if entry.state else outcomes.from_error(error, by="result")
            log.warning("no result of %s: %s", completed.handle.request_id, error)
            failures += 1
            await note_trouble(completed.pk, error, failures, completed.breakers.host(url))
            if failures >= SHOW_EVERY_FAILURES and await is_cancel_requested(
                completed.pk, patience.unwanted_s
            ):
                return outcomes.from_error(error, by="result")
            await asyncio.sleep(max(pause_s, requested_wait_s(error)))
            pause_s = min(pause_s * 1.5, patience.fetch_slowest_s)
        else:
            completed.breakers.record_readable(url)
            # COMPLETED with an error is a failure, whatever the result says (C19).
            if status.failure:
                return outcomes.from_error(status.failure, result.output, by="result")
            return outcomes.from_result(result, by="result")


def handle_of(run: Run, queue: fal.Queue, request_id: str = "") -> fal.Handle:
    """Return the stored handle of a run (with its endpoint), or build one from its request id."""
    handle = fal.Handle.from_json(run.handle) if run.handle else None
    if handle and request_id in ("", handle.request_id):
        return handle
    return queue.handle(run.endpoint.endpoint_id, request_id or run.request_id)


async def cancel(
    pk: uuid.UUID,
    upstream: fal.Clients,
    breakers: BreakerRegistry,
    patience: Patience = PATIENCE,
) -> None:
    """Ask upstream to stop the run. The task that follows the run records how it ends.

    If upstream answers that the run had completed (C22) and no task has recorded that shortly
    afterwards, the run is ended here. Raises FalError, with a timeline event, if the cancel fails.
    """
    stored_handle = await Run.objects.values_list("handle", flat=True).aget(pk=pk)
    if not stored_handle:
        return
    handle = fal.Handle.from_json(stored_handle)
    try:
        answer = await upstream.queue.cancel(handle)
    except fal.FalError as error:
        await retry_until_committed(
            state_machine.note_event, pk, "unstopped", transitions.event_text(error.as_json())
        )
        raise
    log.info("cancel of run %s: %s", pk, answer)
    await retry_until_committed(state_machine.note_event, pk, "cancel", answer.value)
    if answer is fal.Cancellation.ALREADY_COMPLETED:
        await asyncio.sleep(patience.fetch_first_s)
        if not await is_over(pk):
            await _finish(
                CompletedRequest(
                    pk,
                    handle,
                    upstream,
                    breakers,
                    fal.Status(fal.Phase.COMPLETED),
                    NotFoundGrace(pk, patience),
                    patience,
                )
            )


def _observation(status: fal.Status) -> Observation:
    return Observation(
        STATE_OF.get(status.state, Run.State.QUEUED),
        by="status",
        queue_position=status.queue_position,
        logs=status.logs,
        metrics=status.metrics,
        note="",
    )


def _is_no_result(error: fal.FalError) -> bool:
    """Whether upstream answered without a usable result: unreadable, too large or rejected."""
    is_answer = isinstance(error, fal.RequestRejected) and (error.status or 200) < 500
    return is_answer and error.status not in NOT_OF_THE_RESULT


def _may_succeed_on_retry(error: fal.FalError) -> bool:
    """Whether a retry may return a result: a result that is too large stays too large."""
    return error.is_retryable or (error.status or 200) >= 300


async def _outcome_of_unknown_request(
    completed: CompletedRequest, error: fal.FalError
) -> Observation:
    """Return the end of a run that the queue no longer knows; it forgets cancelled ones."""
    is_dropped = await is_cancel_requested(completed.pk)
    if not is_dropped:
        # The list of requests keeps outcomes for longer.
        list_observation = await reconciliation.outcome_from_list(
            await _load(completed.pk), completed.upstream.platform
        )
        if list_observation.state:
            return list_observation
    type_ = fal.CANCELLED if is_dropped else "not_found"
    failure = fal.RunFailed(GONE, type=type_, detail=error.as_json(), status=error.status)
    return outcomes.from_error(failure, by="result")


async def _load(pk: uuid.UUID) -> Run:
    return await Run.objects.with_endpoint().aget(pk=pk)
