"""Holds the responses of calls that wait for a run, without a thread (`?wait=`).

A view responds at once, and names in a header the run that its caller waits for. That response is
held back here, on the event loop, until the run has ended or the time is over; then the run is read
again by a request of the same caller. So only the view handles authentication, permissions and
limits.

One query serves all waiting calls of a kind: the states of their runs, at each notification. A run
that has ended is read a few seconds later if its files are being copied, because upstream's
addresses expire and ours last.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections
from django.db.models import Exists, OuterRef, UUIDField

from boards.models import Board, Cell
from core.db import transient_errors
from core.db.prepared_queries import ParamList, PreparedQuery
from core.http.asgi import App, Message, Receive, Scope, Send
from core.notify.channel import Signal
from flows.models import FlowRun
from runs.models import Artifact, Run

HEADER = "Vitrine-Wait"
MAX_WAIT_S = 60
POLL_DATABASE_S = 8.0  # in case a notification is lost
COPY_WAIT_S = 5.0  # most of that time, a copy of a picture or a short film is done
PREFIX = "/api/v1/runs"
FLOWS, FLOW_RUNS = "/api/v1/flows", "/api/v1/flow-runs"
BOARDS = "/api/v1/boards"
COPIES = "copies"
PROXIES = ("/api/fal/", "/api/openai/")
_HEADER = HEADER.lower().encode()
_PKS = {"pk__in": ParamList("pks", UUIDField())}
_REMOTE = Artifact.objects.filter(run=OuterRef("pk"), state=Artifact.State.REMOTE)
_UNDER_WAY = Cell.objects.filter(board=OuterRef("pk"), replaced_at=None, run__isnull=False).exclude(
    run__state__in=Run.FINAL
)
_ENDED: PreparedQuery[Any] = PreparedQuery(
    lambda: Run.objects.filter(**_PKS, state__in=Run.FINAL).values_list("pk", flat=True)
)
# What is over, by the beginning of the address that reads it; any other address reads a run.
_OVER: dict[str, PreparedQuery[Any]] = {
    FLOW_RUNS: PreparedQuery(
        lambda: (
            FlowRun.objects.filter(**_PKS)
            .exclude(state=FlowRun.State.RUNNING)
            .values_list("pk", flat=True)
        )
    ),
    BOARDS: PreparedQuery(
        lambda: Board.objects.filter(~Exists(_UNDER_WAY), **_PKS).values_list("pk", flat=True)
    ),
    COPIES: PreparedQuery(
        lambda: Run.objects.filter(~Exists(_REMOTE), **_PKS).values_list("pk", flat=True)
    ),
}

log = logging.getLogger(__name__)


class RunWaiter:
    """Wakes the calls whose runs have ended; one task and one query for all of them.

    `query` returns the ended runs among the primary keys `pks`.
    """

    def __init__(self, signal: Signal, query: PreparedQuery[Any] = _ENDED) -> None:
        self.signal = signal
        self._query = query
        self._futures: dict[uuid.UUID, set[asyncio.Future[None]]] = {}
        self._watching: asyncio.Task[None] | None = None

    async def wait(self, pk: uuid.UUID, timeout_s: float) -> None:
        """Return once the run has ended, or after the time."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._futures.setdefault(pk, set()).add(future)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch(), name="waiting for runs")
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await future
        finally:
            self._discard(pk, future)

    def release_all(self) -> None:
        """Release all calls now: the server's shutdown waits for open connections."""
        for pk in list(self._futures):
            self._release(pk)

    async def _watch(self) -> None:
        """Release the calls whose runs have ended, as long as there are waiting calls."""
        while self._futures:
            version = self.signal.version
            try:
                ended = await sync_to_async(_ended)(list(self._futures), self._query)
            except DatabaseError as error:
                message = "the awaited runs could not be read; tried again at the next notification"
                transient_errors.log_failure(log, error, message)
                ended = []
            for pk in ended:
                self._release(pk)
            if self._futures:
                await self.signal.wait(version, POLL_DATABASE_S)

    def _release(self, pk: uuid.UUID) -> None:
        for future in self._futures.pop(pk, ()):
            if not future.done():
                future.set_result(None)

    def _discard(self, pk: uuid.UUID, future: asyncio.Future[None]) -> None:
        waiting = self._futures.get(pk, set())
        waiting.discard(future)
        if not waiting:
            self._futures.pop(pk, None)


def _ended(pks: list[uuid.UUID], query: PreparedQuery[Any]) -> list[uuid.UUID]:
    try:
        return list(query.all(pks=pks))
    except DatabaseError:
        close_old_connections()  # the next call opens a new one
        raise


class HeldResponses:
    """The ASGI application: passes requests on, and holds the responses of waiting calls."""

    def __init__(self, app: App, signal: Callable[[], Signal | None]) -> None:
        self._app = app
        self._signal = signal
        self._waiters: dict[str, RunWaiter] = {}  # by a key of `_OVER`; "" for runs
        self._is_closed = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        signal = self._signal()
        if not signal or not _may_wait(scope) or self._is_closed:
            return await self._app(scope, receive, send)
        held = _Held(send)
        await self._app(scope, receive, held.send)
        if held.pk is None:
            return None
        if await _unless_disconnected(self._wait(held, signal), receive):
            await self._app(_reading(scope, held.address), _without_body(receive), held.resend)
        return None

    async def _wait(self, held: _Held, signal: Signal) -> None:
        """Return when what the call waits for is over, and the files of a run are copied."""
        pk, address = held.pk, held.address
        if pk is None:
            return
        kind = next((prefix for prefix in (FLOW_RUNS, BOARDS) if address.startswith(prefix)), "")
        await self._waiter(kind, signal).wait(pk, held.wait_s)
        if address.startswith(PREFIX) and not self._is_closed:
            await self._waiter(COPIES, signal).wait(pk, COPY_WAIT_S)

    def _waiter(self, kind: str, signal: Signal) -> RunWaiter:
        waiter = self._waiters.get(kind)
        if waiter is None or waiter.signal is not signal:
            waiter = self._waiters[kind] = RunWaiter(signal, _OVER.get(kind, _ENDED))
        return waiter

    def release_all(self) -> None:
        """Release all waiting calls and hold no more, as the server shuts down."""
        self._is_closed = True
        for waiter in self._waiters.values():
            waiter.release_all()


class _Held:
    """A response's messages: passed on, or held back if its header names a run."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._status = 200
        self._location: list[tuple[bytes, bytes]] = []
        self.pk: uuid.UUID | None = None
        self.wait_s = 0.0
        self.address = ""

    async def send(self, message: Message) -> None:
        """Handle a message of the first response."""
        if message["type"] == "http.response.start":
            value = next((v for name, v in message["headers"] if name.lower() == _HEADER), b"")
            if value:
                pk, seconds, *address = value.decode().split(" ")
                self.pk, self.wait_s = uuid.UUID(pk), float(seconds)
                self.address = address[0] if address else f"{PREFIX}/{pk}"
                self._status = message["status"]
                headers = message["headers"]
                self._location = [header for header in headers if header[0].lower() == b"location"]
        if self.pk is None:
            await self._send(message)

    async def resend(self, message: Message) -> None:
        """Send a message of the second response, with status and Location of the first."""
        is_start = message["type"] == "http.response.start"
        if is_start and message["status"] == 200 and self._status < 300:
            headers = [*message["headers"], *self._location]
            message = {**message, "status": self._status, "headers": headers}
        await self._send(message)


def _may_wait(scope: Scope) -> bool:
    """Whether the response may have to be held; its header decides."""
    if scope["path"].startswith(PROXIES):
        return bool(scope["method"] == "POST")
    return b"wait=" in scope.get("query_string", b"") and scope["path"].startswith(
        (PREFIX, FLOWS, FLOW_RUNS, BOARDS)
    )


def _reading(scope: Scope, address: str) -> Scope:
    """Return the request that reads the run for the same caller."""
    path, _, query = address.partition("?")
    passed_on = {b"authorization", b"host", b"accept", b"accept-encoding", b"x-forwarded-proto"}
    passed_on |= {b"x-forwarded-for", b"user-agent", b"cookie"}
    headers = [(name, value) for name, value in scope["headers"] if name in passed_on]
    read = {
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
    }
    return {**scope, **read, "headers": headers}


def _without_body(receive: Receive) -> Receive:
    """Return a `receive` that starts with an empty body: the original one was consumed."""
    messages: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive_empty() -> Message:
        return messages.pop() if messages else await receive()

    return receive_empty


async def _unless_disconnected(waiting: Coroutine[Any, Any, None], receive: Receive) -> bool:
    """Await `waiting`; return False at once if the client disconnects."""
    wait = asyncio.create_task(waiting)
    disconnect = asyncio.create_task(_wait_for_disconnect(receive))
    try:
        await asyncio.wait({wait, disconnect}, return_when=asyncio.FIRST_COMPLETED)
        return not disconnect.done()
    finally:
        wait.cancel()
        disconnect.cancel()


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
