"""The status stream of a request in the queue."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import httpx
import pytest

import fal
from tests.fal.upstream import Upstream

pytestmark = pytest.mark.anyio
HANDLE = fal.Handle.rebuilt("https://queue.fal.run", "fal-ai/flux/dev", "r-1")


def sse(*statuses: Any, end: str = "\n\n") -> httpx.Response:
    events = ": ping\n\n" + "\n\n".join(f"data: {json.dumps(status)}" for status in statuses) + end
    return httpx.Response(
        200, headers={"content-type": "text/event-stream; charset=utf-8"}, text=events
    )


async def test_status_events_are_yielded_until_the_request_ends(connect):
    states = {"status": "IN_QUEUE", "queue_position": 1}, {"status": "IN_PROGRESS"}
    upstream = Upstream(sse(*states, {"status": "COMPLETED"}, {"status": "IN_QUEUE"}))
    clients = await connect(upstream)
    async with aclosing(clients.queue.events(HANDLE)) as events:
        statuses = [status async for status in events]
    assert [status.state for status in statuses] == ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]
    assert upstream.urls == [f"{HANDLE.status_url}/stream?logs=1"]
    silent_s = upstream.requests[0].extensions["timeout"]["read"]
    # fal sends a comment every 15 s; after a longer silence, polling is better
    assert 15 < silent_s <= 20
    assert upstream.requests[0].headers["accept"] == "text/event-stream"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (sse({"status": "IN_QUEUE"}), fal.Unreachable),
        (httpx.Response(200, json={"status": "IN_QUEUE"}), fal.Unreadable),
        (httpx.Response(404, json={"detail": "Path /stream not found"}), fal.RequestRejected),
        (httpx.Response(429, json={}), fal.RateLimited),
        (httpx.Response(502, text="<html>"), fal.UpstreamFailed),
        (httpx.ConnectError("refused"), fal.Unreachable),
        (sse("no object"), fal.UpstreamFailed),
    ],
)
async def test_a_cut_or_absent_stream_raises_so_that_polling_takes_over(connect, answer, error):
    upstream = Upstream(answer)
    clients = await connect(upstream)
    with pytest.raises(error):
        _ = [status async for status in clients.queue.events(HANDLE)]
    assert len(upstream.requests) == 1


async def test_a_status_stream_with_an_endless_line_is_closed(connect):
    async def line() -> AsyncIterator[bytes]:
        yield b"data: "
        while True:
            yield b"x" * 4096

    headers = {"content-type": "text/event-stream"}
    clients = await connect(
        Upstream(lambda _: httpx.Response(200, headers=headers, content=line())),
        limits=fal.Limits(max_answer_bytes=1 << 16),
    )
    with pytest.raises(fal.Unreadable, match="too large"):
        _ = [status async for status in clients.queue.events(HANDLE)]
