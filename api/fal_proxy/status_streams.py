"""Event streams of a run's status, as fal's queue sends them, read from the run's row.

A view responds with the first event and names the run in a header. On the event loop that response
is replaced by a stream: an event for each change, a comment every 15 seconds, the end after
`COMPLETED` (protocol, section 5.3). One query serves all streams at each notification.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Callable
from typing import Any

from api.fal_proxy import responses
from api.http.dispatch import dumps
from core.db.threads import in_thread
from core.http.asgi import App, Intercepted, Receive, Scope, Send, unless_disconnected
from core.live.broker import Broker, NewerThan, Source
from runs.models import Run

HEADER = "Vitrine-Status"
PREFIX = "/api/fal/"
PING_S = 15.0
EVENT_STREAM = "text/event-stream; charset=utf-8"
_HEADERS = [
    (b"content-type", EVENT_STREAM.encode()),
    (b"cache-control", b"private, no-store"),
    (b"x-accel-buffering", b"no"),
]
_RUNS = Source(
    "the runs of status streams",
    lambda pks: dict(Run.objects.filter(pk__in=pks).values_list("pk", "version")),
)


class StatusStreams:
    """The ASGI application: passes requests on, and streams if a response names a run."""

    def __init__(self, app: App, broker: Callable[[], Broker | None]) -> None:
        self._app = app
        self._broker = broker

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        broker = self._broker()
        is_ours = scope["method"] == "GET" and scope["path"].startswith(PREFIX)
        if not is_ours or not broker or broker.is_shutting_down:
            return await self._app(scope, receive, send)
        first = Intercepted(send, HEADER)
        await self._app(scope, receive, first.send)
        if first.value:
            pk, base, logs = first.value.split(" ")
            events = _events(broker, uuid.UUID(pk), base, with_logs=logs == "1")
            await unless_disconnected(_stream(events, send), receive)
        return None


async def _events(
    broker: Broker, pk: uuid.UUID, base: str, *, with_logs: bool
) -> AsyncGenerator[bytes]:
    sent_lines = 0
    last: dict[str, Any] = {}
    while not broker.is_shutting_down:
        run = await in_thread(Run.objects.with_endpoint().select_related("charge").get, pk=pk)
        body = responses.status_body(run, base, with_logs=False)
        lines = run.logs[sent_lines:] if with_logs else None  # fal's client accumulates them
        if body != last or lines:
            yield event(dumps(body | {"logs": lines}))
        if run.is_final:
            return
        sent_lines, last = len(run.logs), body
        newer = NewerThan(_RUNS, pk, run.version)
        while not await broker.wait(newer, PING_S) and not broker.is_shutting_down:
            yield b": ping\n\n"


def event(text: bytes) -> bytes:
    """One server-sent event."""
    return b"data: " + text + b"\n\n"


async def _stream(events: AsyncGenerator[bytes], send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    async for text in events:
        await send({"type": "http.response.body", "body": text, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
