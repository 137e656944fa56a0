"""Runs over one connection: synchronous, streaming, WebSocket. Such a run cannot be resumed.

It has no status at upstream. It counts as running once the request has been sent; it ends early
when the connection is closed, by a user's cancel or by a worker that stops. A run whose connection
broke is unconfirmed, with the output so far, and is never resubmitted automatically, since it may
have been charged.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import fal
from runs.models import Run, Transport
from runs.results import outcomes, refusals
from runs.state import state_machine
from runs.state.transitions import Observation
from runs.worker import submit_options
from runs.worker.following import reconciliation
from runs.worker.limits import DIRECT_LIMITS, DirectLimits
from runs.worker.transports import cancellation
from runs.worker.transports.partial_updates import PartialWriter

log = logging.getLogger(__name__)

Events = AsyncGenerator[fal.Partial | fal.Result]
OnSent = Callable[[], Any]
Connection = Callable[[fal.Clients, str, Any, fal.SubmitOptions, OnSent], Events]


async def _sync_events(
    upstream: fal.Clients,
    endpoint_id: str,
    arguments: Any,
    options: fal.SubmitOptions,
    on_sent: OnSent,
) -> Events:
    yield await upstream.sync.run(endpoint_id, arguments, options, on_sent=on_sent)


# Each opens the connection, calls `on_sent` once the request is sent, yields partials, then the
# result.
CONNECTIONS: Mapping[str, Connection] = {
    Transport.SYNC: _sync_events,
    Transport.STREAM: lambda upstream, endpoint_id, arguments, options, on_sent: (
        upstream.stream.events(endpoint_id, arguments, options, on_sent=on_sent)
    ),
    # Its protocol has no headers of a run (8.3).
    Transport.WEBSOCKET: lambda upstream, endpoint_id, arguments, options, on_sent: (
        upstream.websocket.events(endpoint_id, arguments, on_sent=on_sent)
    ),
}


async def run_directly(
    run: Run,
    arguments: Any,
    upstream: fal.Clients,
    connection: Connection | None = None,
    limits: DirectLimits = DIRECT_LIMITS,
) -> None:
    """Send the run (with its endpoint) and record its end: result, cancel or broken connection.

    `connection` overrides how its transport opens one. Raises a FalError if the run certainly did
    not start, so that it can be sent later.
    """
    # A WebSocket model may send nothing but its result; a synchronous call always does.
    is_streamed = run.transport == Transport.STREAM
    writer = PartialWriter(run.pk, is_streamed=is_streamed, limits=limits)
    connect = connection or CONNECTIONS[run.transport]
    options = await submit_options.options_of(run)
    events = connect(upstream, run.endpoint.endpoint_id, arguments, options, writer.mark_sent)
    working = asyncio.ensure_future(_result(events, writer))
    stopped = asyncio.ensure_future(cancellation.wait_for_cancel(run.pk))
    try:
        await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        await writer.close()
        if working.done():
            await _record(run, working, writer, upstream.platform, limits)
            return
    finally:
        for task in (working, stopped):
            task.cancel()
        await asyncio.gather(working, stopped, return_exceptions=True)
        await writer.close()
    stopped_here = Observation(
        Run.State.CANCELLED, by=run.transport, partial=writer.latest, steps=writer.steps
    )
    await state_machine.arecord(run.pk, stopped_here)


async def _result(events: Events, writer: PartialWriter) -> fal.Result:
    async with aclosing(events):
        async for event in events:
            if isinstance(event, fal.Result):
                return event
            writer.add(event)
    raise AssertionError("a run's events end with its result or an error")


async def _record(
    run: Run,
    working: asyncio.Future[fal.Result],
    writer: PartialWriter,
    platform: fal.Platform,
    limits: DirectLimits,
) -> None:
    try:
        result = working.result()
    except fal.FalError as error:
        reaction = fal.reaction_to(
            error,
            run.transport,
            is_for_now=error.is_retryable or refusals.of_account(error) is not None,
            is_late=writer.waited_s >= limits.turned_away_within_s,
        )
        if reaction is fal.Reaction.SEND_AGAIN:
            raise
        error.is_unconfirmed = reaction is fal.Reaction.UNCONFIRMED
        observation, request_id = outcomes.from_error(error, by=run.transport), error.request_id
        observation = replace(observation, partial=writer.latest)
        if error.is_unconfirmed:
            log.warning("run %s: its answer was lost: %s", run.pk, error)
            observation = replace(observation, state=Run.State.UNCONFIRMED)
        else:
            run.request_id = request_id or ""
            list_observation = await reconciliation.outcome_instead_of(
                error, run, platform, limits.list_pauses_s
            )
            observation = list_observation if list_observation.state else observation
    else:
        observation = outcomes.from_result(result, by=run.transport)
        request_id = result.request_id
    observation = replace(observation, request_id=request_id or "", steps=writer.steps)
    await state_machine.arecord(run.pk, observation)
