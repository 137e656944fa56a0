"""Runs over one connection: synchronous, streaming, WebSocket. Nothing can take them up again.

Such a run has no status. It counts as running when the request is out; whoever closes the
connection ends it: a person's cancel, or a worker that stops. What broke off is unconfirmed,
with what had come of it, and never sent again, for it may have been charged.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import fal
from playground import lifecycle, outcomes, unconfirmed
from playground.lifecycle import Observation
from playground.models import Run, Transport
from playground.transports import cancelling
from playground.transports.telling import Teller

TURNED_AWAY_WITHIN_S = 5.0  # as long as somebody is tried to be reached, here too

log = logging.getLogger(__name__)

Events = AsyncGenerator[fal.Partial | fal.Result]
OnSent = Callable[[], Any]
Opened = Callable[[OnSent], Events]


def _stream(endpoint_id: str, arguments: Any, upstream: fal.Clients) -> Opened:
    return lambda on_sent: upstream.stream.events(endpoint_id, arguments, on_sent=on_sent)


def _websocket(endpoint_id: str, arguments: Any, upstream: fal.Clients) -> Opened:
    return lambda on_sent: upstream.websocket.events(endpoint_id, arguments, on_sent=on_sent)


def _sync(endpoint_id: str, arguments: Any, upstream: fal.Clients) -> Opened:
    async def events(on_sent: OnSent) -> Events:
        yield await upstream.sync.run(endpoint_id, arguments, on_sent=on_sent)

    return events


OPENED: dict[str, Callable[[str, Any, fal.Clients], Opened]] = {
    Transport.SYNC: _sync,
    Transport.STREAM: _stream,
    Transport.WEBSOCKET: _websocket,
}


async def carry(run: Run, arguments: Any, upstream: fal.Clients) -> None:
    """Run (with its endpoint) to the end, a cancel, or a broken connection; write down which it was.

    Raises the FalError of a run that certainly did not start: it may be sent later.
    """
    opened = OPENED[run.transport](run.endpoint.endpoint_id, arguments, upstream)
    # A model may send nothing but its end over a WebSocket, and always does in one call.
    teller = Teller(run.pk, is_in_pieces=run.transport == Transport.STREAM)
    working = asyncio.ensure_future(_outcome(opened, teller))
    stopped = asyncio.ensure_future(cancelling.wanted(run.pk))
    try:
        await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        await teller.end()
        if working.done():
            await _record(run, working, teller, upstream.platform)
            return
    finally:
        for task in (working, stopped):
            task.cancel()
        await asyncio.gather(working, stopped, return_exceptions=True)
        await teller.end()
    stopped_here = Observation(Run.State.CANCELLED, by=run.transport, partial=teller.newest)
    await lifecycle.arecord(run.pk, stopped_here)


async def _outcome(opened: Opened, teller: Teller) -> fal.Result:
    async with aclosing(opened(teller.sent)) as events:
        async for one in events:
            if isinstance(one, fal.Result):
                return one
            teller.hear(one)
    raise AssertionError("a run's events end with its result or an error")


async def _record(
    run: Run, working: asyncio.Future[fal.Result], teller: Teller, platform: fal.Platform
) -> None:
    try:
        result = working.result()
    except fal.FalError as error:
        if _may_be_sent_later(error):
            if not _may_have_worked(error, teller.waited_s):
                raise
            error.is_unconfirmed = True
        seen, request_id = outcomes.failed(error, by=run.transport), error.request_id
        seen = replace(seen, partial=teller.newest)
        if error.is_unconfirmed:
            log.warning("run %s: its answer was lost: %s", run.pk, error)
            seen = replace(seen, state=Run.State.UNCONFIRMED)
        else:
            run.request_id = request_id or ""
            listed = await unconfirmed.in_place_of(error, run, platform)
            seen = listed if listed.state else seen
    else:
        seen = outcomes.gave(result, by=run.transport)
        request_id = result.request_id
    await lifecycle.arecord(run.pk, replace(seen, request_id=request_id or ""))


def _may_have_worked(error: fal.FalError, waited_s: float) -> bool:
    """Whether a model may have had a run that was turned away: a 503 which came late, and without fal's word.

    A gateway that finds nobody says so soon; a model's server that stops says the same, whenever that is.
    """
    return error.status == HTTPStatus.SERVICE_UNAVAILABLE and waited_s >= TURNED_AWAY_WITHIN_S


def _may_be_sent_later(error: fal.FalError) -> bool:
    """Whether it was turned away for now, before a model had it: a model's own failure is final."""
    is_models = isinstance(error, fal.RunFailed | fal.Unreadable)
    return error.is_retryable and not error.is_unconfirmed and not is_models
