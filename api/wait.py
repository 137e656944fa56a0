"""Holds the responses of calls that wait for a run, without a thread (`?wait=`).

A view responds at once, and a header names the run that its caller waits for. This middleware holds
that response back on the event loop until the run has ended or the time is over; then it reads the
run by a second request of the same caller. So only the view handles authentication, permissions and
limits.

One query serves all waiting calls of a kind: which of their runs have ended, at each notification.
A run that has ended is read a few seconds later if its files are being copied, because upstream's
addresses expire and ours last.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from core.http.asgi import App, Intercepted, Message, Receive, Scope, Send, unless_disconnected
from core.live.broker import Broker, NewerThan, Source
from features.boards.models import Board, Cell
from features.flows.models import FlowRun
from runs.models import Artifact, Run

HEADER = "Vitrine-Wait"
MAX_WAIT_S = 60
COPY_WAIT_S = 5.0  # mostly enough to copy a picture or a short film
PREFIX = "/api/v1/runs"
FLOWS, FLOW_RUNS = "/api/v1/flows", "/api/v1/flow-runs"
BOARDS = "/api/v1/boards"
PROXIES = ("/api/fal/", "/api/openai/")
FAL_RESULTS, IMAGES = "/api/fal/queue/", "/api/openai/v1/images/"
_UNDER_WAY, _OVER = 0, 1  # versions of awaited rows
_REMOTE = Artifact.objects.filter(run=OuterRef("pk"), state=Artifact.State.REMOTE)
_UNFINISHED = Cell.objects.filter(
    board=OuterRef("pk"), replaced_at=None, run__isnull=False
).exclude(run__state__in=Run.FINAL)


def _over(name: str, rows: QuerySet[Any]) -> Source[uuid.UUID, int]:
    """Return a source of those awaited rows that have ended, which `rows` selects."""
    return Source(
        name, lambda pks: dict.fromkeys(rows.filter(pk__in=pks).values_list("pk", flat=True), _OVER)
    )


_RUNS = _over("awaited runs", Run.objects.filter(state__in=Run.FINAL))
_COPIES = _over("awaited copies", Run.objects.filter(~Exists(_REMOTE)))
# By the prefix of the address that reads them; any other address reads a run.
_OTHERS = {
    FLOW_RUNS: _over("awaited flows", FlowRun.objects.exclude(state=FlowRun.State.RUNNING)),
    BOARDS: _over("awaited boards", Board.objects.filter(~Exists(_UNFINISHED))),
}


class HeldResponses:
    """The ASGI application: passes requests on, and holds the responses of waiting calls."""

    def __init__(self, app: App, broker: Callable[[], Broker | None]) -> None:
        self._app = app
        self._broker = broker

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        broker = self._broker()
        if not broker or broker.is_shutting_down or not _may_wait(scope):
            return await self._app(scope, receive, send)
        first = Intercepted(send, HEADER)
        await self._app(scope, receive, first.send)
        if not first.value:
            return None
        run_key, seconds, *address = first.value.split(" ")
        path = address[0] if address else f"{PREFIX}/{run_key}"
        wait = _wait(broker, uuid.UUID(run_key), path, float(seconds))
        if await unless_disconnected(wait, receive):
            send_again = _as_first(first.start, send)
            await self._app(_reading(scope, path), _without_body(receive), send_again)
        return None


async def _wait(broker: Broker, pk: uuid.UUID, address: str, wait_s: float) -> None:
    """Wait until the awaited row has ended, and the files of a run are copied."""
    source = next((_OTHERS[prefix] for prefix in _OTHERS if address.startswith(prefix)), _RUNS)
    await broker.wait(NewerThan(source, pk, _UNDER_WAY), wait_s)
    if address.startswith((PREFIX, FAL_RESULTS, IMAGES)):
        await broker.wait(NewerThan(_COPIES, pk, _UNDER_WAY), COPY_WAIT_S)


def _as_first(first: Message, send: Send) -> Send:
    """Return a `send` for the second response, with status and Location of the first."""
    location = [header for header in first["headers"] if header[0].lower() == b"location"]

    async def send_as_first(message: Message) -> None:
        is_start = message["type"] == "http.response.start"
        if is_start and message["status"] == 200 and first["status"] < 300:
            headers = [*message["headers"], *location]
            message = {**message, "status": first["status"], "headers": headers}
        await send(message)

    return send_as_first


def _may_wait(scope: Scope) -> bool:
    """Whether the response may have to be held; its header decides."""
    if scope["path"].startswith(PROXIES):
        return scope["method"] in {"GET", "POST"}
    return b"wait=" in scope.get("query_string", b"") and scope["path"].startswith(
        (PREFIX, FLOWS, FLOW_RUNS, BOARDS)
    )


def _reading(scope: Scope, address: str) -> Scope:
    """Return the request that reads the run for the same caller."""
    path, _, query = address.partition("?")
    passed_on = {b"authorization", b"host", b"accept", b"accept-encoding", b"x-forwarded-proto"}
    passed_on |= {b"x-forwarded-for", b"user-agent", b"cookie"}
    headers = [(name, value) for name, value in scope["headers"] if name in passed_on]
    read_scope = {
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
    }
    return {**scope, **read_scope, "headers": headers}


def _without_body(receive: Receive) -> Receive:
    """Return a `receive` that starts with an empty body: the original one was consumed."""
    messages: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive_empty() -> Message:
        return messages.pop() if messages else await receive()

    return receive_empty
