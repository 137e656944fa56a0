"""Relays event streams of models from the gateway to the client.

A view creates the run and names it, with a ticket, in a header of its response. That response is
dropped here, on the event loop, and the gateway's is sent in its place as it arrives. So the web
process needs neither the key nor a thread per stream, and only calls the gateway.
"""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.db import close_old_connections

import fal
from api.fal_proxy.tickets import STREAM_PATH, TICKET_REFUSED
from api.http.dispatch import dumps
from api.http.problem import OPENAI_ROOT, Problem
from core.http.asgi import App, Intercepted, Receive, Scope, Send, unless_disconnected
from core.http.forwarding import NotForwarded, post
from runs.results import outcomes
from runs.state import state_machine

if TYPE_CHECKING:
    import httpx

HEADER = "Vitrine-Stream"
PREFIXES = ("/api/fal/", OPENAI_ROOT)
UNREACHED = "This server's gateway cannot be reached, so the model was not called. Try again soon."
REFUSED = (
    "This server's gateway does not take the web process's ticket, so the model was not called. An "
    "admin has to start both with the same SECRET_KEY."
)
_HEADERS = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"private, no-store"),
]

log = logging.getLogger(__name__)


class RelayedStreams:
    """The ASGI application: passes requests on, and replaces responses that name a stream."""

    def __init__(self, app: App, gateway: str) -> None:
        self._app = app
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["method"] != "POST" or not scope["path"].startswith(PREFIXES):
            return await self._app(scope, receive, send)
        first = Intercepted(send, HEADER)
        await self._app(scope, receive, first.send)
        if first.value:
            pk, ticket = first.value.split(" ")
            passing = self._pass_on(uuid.UUID(pk), scope["path"], ticket, send)
            # When this ends, the gateway's connection closes, which cancels the run.
            await unless_disconnected(passing, receive)
        return None

    async def _pass_on(self, pk: uuid.UUID, path: str, ticket: str, send: Send) -> None:
        """Send the gateway's response; raises ResponseBroken if the response breaks off."""
        try:
            async with post(self._gateway + STREAM_PATH + ticket) as response:
                if response.status_code != TICKET_REFUSED:
                    return await _copy(response, send)
            log.error("the gateway at %s refused a ticket: SECRET_KEY differs", self._gateway)
            await _fail(pk, path, REFUSED, send)
        except NotForwarded as error:
            log.error("the gateway at %s cannot be reached: %s", self._gateway, error)
            await _fail(pk, path, UNREACHED, send)
        return None


async def _fail(pk: uuid.UUID, path: str, reason: str, send: Send) -> None:
    """End the run, which was not sent, and answer 503 with the reason."""
    await sync_to_async(_end_unsent)(pk, reason)
    await send({"type": "http.response.start", "status": 503, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": dumps(_error_body(path, reason))})


def _error_body(path: str, reason: str) -> dict[str, Any]:
    """Return the error body in the format that clients of this path expect."""
    if path.startswith(OPENAI_ROOT):
        return Problem(503, reason, slug="gateway-unreachable").as_openai_error()
    return {"detail": reason, "message": reason}


async def _copy(response: httpx.Response, send: Send) -> None:
    dropped = {b"connection", b"transfer-encoding", b"date", b"server"}
    raw = ((name.lower(), value) for name, value in response.headers.raw)
    headers = [(name, value) for name, value in raw if name not in dropped]
    status = response.status_code
    await send({"type": "http.response.start", "status": status, "headers": headers})
    async for chunk in response.aiter_raw():
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _end_unsent(pk: uuid.UUID, reason: str) -> None:
    close_old_connections()
    error = fal.FalError(reason, status=503, type="gateway_unreachable")
    state_machine.record(pk, outcomes.from_error(error, by="stream"))
