"""Executes streamed runs: upstream's bytes are sent to the caller as they arrive, and recorded.

The web process has created the run, which counts as sent. It is sent once: a ticket is valid once.
If the caller closes the connection the run is cancelled, as at fal.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from dataclasses import replace

from asgiref.sync import sync_to_async
from django.db import close_old_connections

import fal
from api.fal_proxy import responses, tickets
from api.gateway.stream_answers import Answer, answer_to, respond
from core.db import transient_errors
from core.http.asgi import Receive, Send, wait_for_disconnect
from runs.files import inputs
from runs.models import Run
from runs.results import outcomes
from runs.state import state_machine, transitions
from runs.state.locked_update import retry_until_committed
from runs.worker.limits import DirectLimits
from runs.worker.scheduling import leases
from runs.worker.transports import cancellation, direct

# The caller has the bytes already; the run's page may be updated less often.
LIMITS = DirectLimits(write_every_s=1.0)
MAX_STREAMS = 400
log = logging.getLogger(__name__)


class Streams:
    """The open streams, and the renewal of their leases."""

    def __init__(self, upstream: fal.Clients) -> None:
        self._upstream = upstream
        self._open: dict[uuid.UUID, asyncio.Task[None] | None] = {}
        self._renewing: asyncio.Task[None] | None = None

    async def serve(self, ticket: str, receive: Receive, send: Send) -> None:
        """Serve one call; raises ResponseBroken if the response breaks off after its beginning."""
        verified = tickets.verify_stream(ticket)
        if verified is None:
            return await respond(
                send, responses.as_json(responses.NOT_FOUND, tickets.TICKET_REFUSED)
            )
        if (pk := verified.pk) in self._open:
            return await respond(send, responses.as_json(responses.NOT_FOUND, 404))
        self._open[pk] = asyncio.current_task()
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew(), name="leases of streams")
        try:
            run = await sync_to_async(_load)(pk)
            if run is None:
                await respond(send, responses.as_json(responses.NOT_FOUND, 404))
            elif len(self._open) > MAX_STREAMS:
                await self._refuse(run, verified.dialect, send)
            else:
                await self._carry_out(run, verified.dialect, receive, send)
        finally:
            del self._open[pk]
        return None

    async def stop(self) -> None:
        """End all streams; their runs are taken over like those of a worker that stops."""
        open_runs = dict(self._open)
        for task in open_runs.values():
            if task:
                task.cancel()
        await asyncio.gather(*filter(None, open_runs.values()), return_exceptions=True)
        if self._renewing:
            self._renewing.cancel()
        if open_runs:
            await sync_to_async(leases.release_runs)(list(open_runs))

    async def _refuse(self, run: Run, dialect: str, send: Send) -> None:
        error = fal.FalError("Too many streams are open just now.", status=429)
        await state_machine.arecord(run.pk, outcomes.from_error(error, by="stream"))
        run = await Run.objects.with_endpoint().select_related("charge").aget(pk=run.pk)
        await answer_to(run, dialect, send).conclude(run)

    async def _carry_out(self, run: Run, dialect: str, receive: Receive, send: Send) -> None:
        answer = answer_to(run, dialect, send)
        disconnect = asyncio.create_task(_cancel_when_gone(run.pk, receive))
        try:
            await _send(run, self._upstream, answer)
        finally:
            disconnect.cancel()
        run = await Run.objects.with_endpoint().select_related("charge").aget(pk=run.pk)
        await answer.conclude(run)

    async def _renew(self) -> None:
        while self._open:
            await asyncio.sleep(transitions.HOLDER_RENEWS_EVERY_S)
            try:
                await sync_to_async(leases.renew)(tickets.GATEWAY, list(self._open))
            except transient_errors.ANY_DATABASE_ERROR as error:
                message = "the leases of streams could not be renewed; again soon"
                transient_errors.log_failure(log, error, message)
                await sync_to_async(close_old_connections)()


async def _send(run: Run, upstream: fal.Clients, answer: Answer) -> None:
    """Send the run and record its end, also if it was rejected."""
    try:
        arguments = await inputs.upload_inputs(run, upstream)
        if arguments is not run.arguments:
            await Run.objects.filter(pk=run.pk).aupdate(sent_arguments=arguments)
        await direct.run_directly(run, arguments, upstream, answer.events, LIMITS)
    except fal.FalError as error:
        observation = outcomes.from_error(error, by="stream")
        if error.is_unconfirmed:
            observation = replace(observation, state=Run.State.UNCONFIRMED)
        await state_machine.arecord(run.pk, observation)


async def _cancel_when_gone(pk: uuid.UUID, receive: Receive) -> None:
    """Cancel the run when its caller disconnects: the sending task closes the connection."""
    await wait_for_disconnect(receive)
    await retry_until_committed(state_machine.request_cancel, pk)
    cancellation.notice(pk)


def _load(pk: uuid.UUID) -> Run | None:
    """Return the run, unless this process no longer holds it."""
    close_old_connections()
    unsent = (
        Run.objects.with_endpoint()
        .select_related("charge")
        .filter(worker=tickets.GATEWAY, state=Run.State.SUBMITTING)
    )
    return unsent.filter(pk=pk).first()
