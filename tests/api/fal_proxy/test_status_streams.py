"""A run's status, streamed as fal does: each change at once, each log line once, and an end."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from api.fal_proxy import status_streams
from api.fal_proxy.status_streams import HEADER, StatusStreams
from core.live.broker import Broker
from runs.models import Run
from runs.state import state_machine
from runs.state.transitions import Observation
from tests.core.live.listening import PATIENCE_S, listening, waiting

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
BASE = "http://test/api/fal/queue"
FIRST = b"the view's own event"
END = b""


class Stream:
    """A client's stream of a run's status; the client may disconnect."""

    def __init__(self, run: Run, broker: Broker) -> None:
        self.is_gone = asyncio.Event()
        self.events: asyncio.Queue[bytes] = asyncio.Queue()
        self._run = run
        app = StatusStreams(self._view, lambda: broker)
        scope = {"method": "GET", "path": "/api/fal/queue/x/status/stream"}
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _view(self, scope: Any, receive: Any, send: Any) -> None:
        headers = [(HEADER.encode(), f"{self._run.pk} {BASE} 1".encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": FIRST})

    async def _receive(self) -> Any:
        await self.is_gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.body":
            await self.events.put(message["body"])

    async def next(self) -> tuple[str, list[str]]:
        """Return the next event's status, and the lines of the log that it adds."""
        event = json.loads((await self.events.get()).removeprefix(b"data: "))
        return event["status"], [line["message"] for line in event["logs"]]


def serve(run: Run, use: Callable[[Stream, Broker], Coroutine[Any, Any, Any]]) -> Any:
    async def main() -> Any:
        async with listening() as broker, asyncio.timeout(PATIENCE_S):
            stream = Stream(run, broker)
            try:
                result = await use(stream, broker)
                await stream.task
                assert broker.waiting == 0
                return result
            finally:
                await sync_to_async(connections.close_all)()

    return asyncio.run(main())


async def observe(run: Run, state: str, *lines: str) -> None:
    logs = [{"timestamp": line, "level": "INFO", "message": line} for line in lines]
    output: Any = {} if state == "succeeded" else None
    seen = Observation(state, logs=logs, output=output)
    await sync_to_async(state_machine.record)(run.pk, seen)


def test_each_change_is_an_event_until_the_run_has_ended(make_run):
    run = make_run(state="queued")

    async def use(stream: Stream, broker: Broker) -> list[Any]:
        events = [await stream.next()]
        for state, *lines in (("running", "a"), ("running", "b"), ("succeeded",)):
            await waiting(broker)
            await observe(run, state, *lines)
            events.append(await stream.next())
        return [*events, await stream.events.get()]

    assert serve(run, use) == [
        ("IN_QUEUE", []),
        ("IN_PROGRESS", ["a"]),
        ("IN_PROGRESS", ["b"]),
        ("COMPLETED", []),
        END,
    ]


def test_a_stream_without_changes_is_kept_open_by_comments(make_run, monkeypatch):
    monkeypatch.setattr(status_streams, "PING_S", 0.05)

    async def use(stream: Stream, broker: Broker) -> list[bytes]:
        await stream.next()
        pings = [await stream.events.get() for _ in range(2)]
        stream.is_gone.set()
        return pings

    assert serve(make_run(state="running"), use) == [b": ping\n\n"] * 2


def test_a_shutdown_ends_the_stream_and_others_have_one_event(make_run):
    run = make_run(state="running")

    async def use(stream: Stream, broker: Broker) -> list[bytes]:
        await stream.next()
        await waiting(broker)
        broker.release_all()
        end, later = await stream.events.get(), Stream(run, broker)
        return [end, await later.events.get()]

    assert serve(run, use) == [END, FIRST]
