"""The id of a request, which is in the log lines of all processes that work for it.

A proxy or a program sends it as `X-Request-ID`, else the request gets a new one; the response
contains it. The runs that the request starts keep it, so the worker's lines about them have it too.
"""

from __future__ import annotations

import re
import uuid
from contextvars import ContextVar

from core.http.asgi import App, Message, Receive, Scope, Send

HEADER = b"x-request-id"
LONGEST = 64
_VALID = re.compile(rb"[A-Za-z0-9-]{8,64}")
_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """Return the id of the request that this thread or task serves; empty outside of one."""
    return _current.get()


def resume(request_id: str | None) -> None:
    """Use the id of an earlier request in this task's further log lines."""
    _current.set(request_id or "")


class WithRequestId:
    """An ASGI application whose requests each have an id."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        sent_id = next((value for name, value in scope["headers"] if name == HEADER), b"")
        header = sent_id if _VALID.fullmatch(sent_id) else uuid.uuid4().hex.encode()
        token = _current.set(header.decode())

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (HEADER, header)]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            _current.reset(token)
        return None
