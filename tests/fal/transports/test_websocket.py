"""HTTP over a WebSocket, with a server that follows a script."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

import fal
from fal.http.limits import LIMITS
from tests.fal.conftest import KEY

pytestmark = pytest.mark.anyio

Script = list[str | bytes | int | None]


class Server:
    """Sends the script's frames after a request; None or a code closes the connection at once."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.received: list[str | bytes] = []
        self.headers: Headers | None = None
        self.path = ""

    async def __call__(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.headers, self.path = connection.request.headers, connection.request.path
        self.received.append(await connection.recv())
        for frame in self.script:
            if frame is None or isinstance(frame, int):
                await connection.close(frame or 1011)
                return
            await connection.send(frame)
        await connection.wait_closed()


Refuse = Callable[[ServerConnection, Request], Response | None]


@asynccontextmanager
async def serving(
    server: Server, refuse: Refuse | None = None, limits: fal.Limits = LIMITS
) -> AsyncIterator[fal.Clients]:
    async with serve(server, "127.0.0.1", 0, process_request=refuse) as running:
        port = running.sockets[0].getsockname()[1]
        addresses = fal.Addresses(ws=f"ws://127.0.0.1:{port}/base")
        async with fal.Clients(addresses, KEY, limits=limits) as clients:
            yield clients


async def collect_run(server: Server, refuse: Refuse | None = None, **limits: Any) -> list[Any]:
    """Return everything that a run over a WebSocket yielded; an error is the last item."""
    yielded: list[Any] = []
    async with serving(server, refuse, fal.Limits(**limits)) as clients:
        try:
            events = clients.websocket.events("fal-ai/flux/dev", '{"a": 1.0}')
            async with aclosing(events):
                async for event in events:
                    yielded.append(event)  # noqa: PERF401  what came before an error counts
        except fal.FalError as error:
            yielded.append(error)
    return yielded


def start(status: int = 200, content_type: str = "application/json") -> str:
    headers = {"Content-Type": content_type}
    return json.dumps({"type": "start", "request_id": "r-1", "status": status, "headers": headers})


def end(request_id: str = "r-1") -> str:
    return json.dumps({"type": "end", "request_id": request_id, "status": 200})


async def test_a_run_is_one_message_and_its_parts_are_the_output():
    server = Server([start(), b'{"seed":', '1.0, "type": "x"}', end()])
    events = await collect_run(server)
    assert events[0] == fal.Partial(None, "r-1")
    assert (events[1].output, events[1].request_id) == ({"seed": 1.0, "type": "x"}, "r-1")
    assert server.received == ['{"a": 1.0}']
    assert server.path == "/base/fal-ai/flux/dev"
    assert server.headers is not None
    assert server.headers["authorization"] == f"Key {KEY}"


async def test_an_end_of_another_request_is_ignored():
    events = await collect_run(Server([start(), end("other"), None]))
    assert events[-1].type == "stream_broken"


async def test_event_streams_survive_any_frame_boundary():
    body = 'data: {"output": "Grü"}\r\n\r\ndata: {"output": "Grüße"}'.encode()
    pieces = [body[at : at + 3] for at in range(0, len(body), 3)]
    events = await collect_run(Server([start(200, "text/event-stream"), *pieces, end()]))
    assert [event.value for event in events[1:-1]] == [{"output": "Grü"}, {"output": "Grüße"}]
    assert events[-1].output == {"output": "Grüße"}


async def test_a_refusal_status_raises_the_error_in_the_body():
    detail = [{"loc": ["body", "prompt"], "msg": "missing", "type": "missing"}]
    (error,) = await collect_run(Server([start(422), json.dumps({"detail": detail}), end()]))
    assert isinstance(error, fal.RunFailed)
    assert (error.status, error.detail, error.request_id) == (422, detail, "r-1")
    (error,) = await collect_run(Server([start(429), b'{"detail": "busy"}', end()]))
    assert isinstance(error, fal.RateLimited)
    assert not error.is_unconfirmed


@pytest.mark.parametrize(
    ("status", "headers", "error", "is_unconfirmed"),
    [
        (503, {}, fal.UpstreamFailed, False),
        (500, {}, fal.UpstreamFailed, True),
        (503, {"X-Fal-Error-Type": "runner_server_error"}, fal.RunFailed, False),
        (500, {"X-Fal-Request-Id": "r-1"}, fal.RunFailed, False),
        (409, {}, fal.RequestRejected, False),
        (409, {"X-Fal-Request-Id": "r-1"}, fal.RequestRejected, True),
        (499, {"X-Fal-Error-Type": "client_disconnected"}, fal.RunFailed, True),
    ],
)
async def test_a_frames_request_id_does_not_make_an_error_the_models(
    status, headers, error, is_unconfirmed
):
    """As over HTTP (5.6): the model caused a 5xx if a header names its error or its request."""
    told_by_start = json.loads(start(status)) | {"headers": headers}
    script: Script = [json.dumps(told_by_start), b'{"detail": "no"}', end()]
    (failure,) = await collect_run(Server(script))
    assert type(failure) is error
    assert (failure.request_id, failure.is_unconfirmed) == ("r-1", is_unconfirmed)


async def test_a_connection_closed_before_the_start_is_unconfirmed():
    server = Server([None])
    (error,) = await collect_run(server)
    assert isinstance(error, fal.Unreachable)
    assert error.is_unconfirmed
    assert len(server.received) == 1


async def test_a_silent_connection_is_closed():
    events = await collect_run(Server([]), idle_s=0.5)
    assert events[-1].is_unconfirmed
    events = await collect_run(Server([start(), b"{"]), idle_s=0.5)
    assert events[-1].type == "stream_broken"


async def test_a_connection_closed_between_start_and_end_fails_the_run():
    server = Server([start(), b'{"images": [', None])
    events = await collect_run(server)
    assert isinstance(events[-1], fal.RunFailed)
    assert (events[-1].type, events[-1].request_id) == ("stream_broken", "r-1")
    assert len(server.received) == 1


@pytest.mark.parametrize("frames", [[b'{"seed":', "7}\n"], [b'{"seed": 7}'], ['{"seed": 7}', b" "]])
async def test_a_complete_json_output_needs_no_end_frame(frames):
    """One server closes the connection properly, one keeps it open and sends nothing more."""
    for rest in ([1000], []):
        events = await collect_run(Server([start(), *frames, *rest]), end_s=0.3)
        assert (events[-1].output, events[-1].request_id) == ({"seed": 7}, "r-1")


@pytest.mark.parametrize("rest", [[1000], [1001], [1011], []])
async def test_an_output_marked_complete_needs_no_end_frame(rest):
    """However the connection is closed, and if it stays open without a further frame."""
    events = [
        b'data: {"output": "a", "partial": true}\n\n',
        b'data: {"output": "ab", "partial": false}\n\n',
    ]
    yielded = await collect_run(
        Server([start(200, "text/event-stream"), *events, *rest]), end_s=0.3
    )
    assert yielded[-1].output == {"output": "ab", "partial": False}


@pytest.mark.parametrize("code", [1000, 1011])
async def test_a_stream_without_an_end_or_complete_output_is_broken(code):
    """Only upstream's list knows whether this was the output or an intermediate picture."""
    events = [b'data: {"images": []}\n\n']
    yielded = await collect_run(Server([start(200, "text/event-stream"), *events, code]))
    assert yielded[-2].value == {"images": []}
    assert (yielded[-1].type, yielded[-1].is_unconfirmed) == ("stream_broken", True)


async def test_a_complete_refusal_needs_no_end_frame():
    (error,) = await collect_run(Server([start(422), b'{"detail": "No."}', 1000]))
    assert isinstance(error, fal.RunFailed)
    assert (error.message, error.is_unconfirmed) == ("No.", False)


@pytest.mark.parametrize(
    ("frames", "so_far"),
    [
        ([b'{"images": [', 1000], '{"images": ['),
        ([b'{"images": [', b'"Gr\xc3', None], '{"images": ["Gr\ufffd'),
        ([b'{"seed": 7}', None], {"seed": 7}),
    ],
)
async def test_partial_output_is_yielded_before_its_failure(frames, so_far):
    events = await collect_run(Server([start(), *frames]))
    assert (events[-2].value, events[-2].request_id) == (so_far, "r-1")
    assert (events[-1].type, events[-1].is_unconfirmed) == ("stream_broken", True)


async def test_a_pause_within_an_output_is_awaited():
    class Slow(Server):
        async def __call__(self, connection: ServerConnection) -> None:
            await connection.recv()
            for frame in (start(), b'{"a": [1]', b', "b": 2}'):
                await connection.send(frame)
                await asyncio.sleep(0.5)
            await connection.wait_closed()

    assert (await collect_run(Slow([]), end_s=0.2))[-1].output == {"a": [1], "b": 2}


@pytest.mark.parametrize(("status", "error"), [(401, fal.AuthFailed), (302, fal.RequestRejected)])
async def test_a_refused_handshake_has_sent_nothing(status, error):
    def refuse(connection: ServerConnection, request: Request) -> Response:
        response = connection.respond(status, f'{{"detail": "no {KEY}"}}')
        response.headers["Location"] = "ws://127.0.0.1:1/"
        return response

    server = Server([])
    (failure,) = await collect_run(server, refuse)
    assert isinstance(failure, error)
    assert not failure.is_unconfirmed
    assert KEY not in str(failure.as_json())
    assert server.received == []


async def test_an_unreachable_websocket_means_not_sent():
    async with fal.Clients(fal.Addresses(ws="ws://127.0.0.1:1"), KEY) as clients:
        with pytest.raises(fal.Unreachable) as caught:
            await anext(clients.websocket.events("fal-ai/flux", {}))
    assert not caught.value.sent
    assert not caught.value.is_unconfirmed
