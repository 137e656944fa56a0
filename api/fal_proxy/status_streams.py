"""Event streams of a run's status, as fal's queue sends them, read from the run's row.

A view responds with the first event and names the run in a header. On the event loop that response
is replaced by a stream: an event for each change, a comment every 15 seconds, the end after
`COMPLETED` (protocol, section 5.3). One query serves all streams at each notification.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Any

from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections
from django.db.models import UUIDField

from api.fal_proxy import responses
from api.fal_proxy.relayed_streams import Intercepted, wait_for_disconnect
from api.http.dispatch import dumps
from core.db import transient_errors
from core.db.prepared_queries import ParamList, PreparedQuery
from core.http.asgi import App, Receive, Scope, Send
from core.notify.channel import Signal
from runs.models import Run

HEADER = "Vitrine-Status"
PREFIX = "/api/fal/"
PING_S = 15.0
POLL_DATABASE_S = 8.0  # in case a notification is lost
EVENT_STREAM = "text/event-stream; charset=utf-8"
_HEADER = HEADER.lower().encode()
_HEADERS = [
    (b"content-type", EVENT_STREAM.encode()),
    (b"cache-control", b"private, no-store"),
    (b"x-accel-buffering", b"no"),
]
_VERSIONS = PreparedQuery(
    lambda: Run.objects.filter(pk__in=ParamList("pks", UUIDField())).values_list("pk", "version")
)

log = logging.getLogger(__name__)


class VersionWatcher:
    """Wakes the streams of runs that have changed; one task and one query for all of them."""

    def __init__(self, signal: Signal) -> None:
        self.signal = signal
        self._waiting: dict[asyncio.Future[None], tuple[uuid.UUID, int]] = {}
        self._watching: asyncio.Task[None] | None = None

    async def wait(self, pk: uuid.UUID, version: int, timeout_s: float) -> bool:
        """Return whether the run has become newer than `version` within the time."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[future] = (pk, version)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch(), name="status streams")
        try:
            async with asyncio.timeout(timeout_s):
                await future
        except TimeoutError:
            return False
        finally:
            self._waiting.pop(future, None)
        return True

    def release_all(self) -> None:
        """Wake all streams, as the server shuts down."""
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    async def _watch(self) -> None:
        while self._waiting:
            seen = self.signal.version
            try:
                versions = dict(await sync_to_async(_versions)([*self._waiting.values()]))
            except DatabaseError as error:
                message = "status streams could not be read; tried again at the next notification"
                transient_errors.log_failure(log, error, message)
                versions = {}
            for future, (pk, version) in self._waiting.items():
                if versions.get(pk, 0) > version and not future.done():
                    future.set_result(None)
            await self.signal.wait(seen, POLL_DATABASE_S)


class StatusStreams:
    """The ASGI application: passes requests on, and streams if a response names a run."""

    def __init__(self, app: App, signal: Callable[[], Signal | None]) -> None:
        self._app = app
        self._signal = signal
        self._watcher: VersionWatcher | None = None
        self._is_closed = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        signal = self._signal()
        is_ours = scope["method"] == "GET" and scope["path"].startswith(PREFIX)
        if not is_ours or not signal or self._is_closed:
            return await self._app(scope, receive, send)
        first = Intercepted(send, _HEADER)
        await self._app(scope, receive, first.send)
        if first.value:
            pk, base, logs = first.value.split(" ")
            if self._watcher is None or self._watcher.signal is not signal:
                self._watcher = VersionWatcher(signal)
            events = self._events(self._watcher, uuid.UUID(pk), base, with_logs=logs == "1")
            await _stream(events, receive, send)
        return None

    def release_all(self) -> None:
        """End all streams and start no more, as the server shuts down."""
        self._is_closed = True
        if self._watcher:
            self._watcher.release_all()

    async def _events(
        self, watcher: VersionWatcher, pk: uuid.UUID, base: str, *, with_logs: bool
    ) -> AsyncGenerator[bytes]:
        sent_lines = 0
        last: dict[str, Any] = {}
        while not self._is_closed:
            run = await sync_to_async(_read)(pk)
            body = responses.status_body(run, base, with_logs=False)
            lines = run.logs[sent_lines:] if with_logs else None  # fal's client accumulates them
            if body != last or lines:
                yield event(dumps(body | {"logs": lines}))
            if run.is_final:
                return
            sent_lines, last = len(run.logs), body
            while not await watcher.wait(pk, run.version, PING_S):
                yield b": ping\n\n"


def event(text: bytes) -> bytes:
    """One server-sent event."""
    return b"data: " + text + b"\n\n"


async def _stream(events: AsyncGenerator[bytes], receive: Receive, send: Send) -> None:
    async def write() -> None:
        async for text in events:
            await send({"type": "http.response.body", "body": text, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    writing = asyncio.create_task(write())
    disconnect = asyncio.create_task(wait_for_disconnect(receive))
    try:
        await asyncio.wait({writing, disconnect}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        disconnect.cancel()
        writing.cancel()
    with suppress(asyncio.CancelledError):
        await writing


def _read(pk: uuid.UUID) -> Run:
    try:
        return Run.objects.with_endpoint().get(pk=pk)
    except DatabaseError:
        close_old_connections()  # the next call opens a new one
        raise


def _versions(waiting: list[tuple[uuid.UUID, int]]) -> list[Any]:
    try:
        return list(_VERSIONS.all(pks=list({pk for pk, _ in waiting})))
    except DatabaseError:
        close_old_connections()
        raise
