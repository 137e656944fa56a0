"""Live sessions with a server that follows a script."""

import json
from typing import Any

import msgpack
import pytest
from websockets.asyncio.server import ServerConnection, serve

import fal
from tests.fal.conftest import KEY

pytestmark = pytest.mark.anyio
TIMINGS = '{"type": "x-fal-message", "action": "timings", "timing": 0.1}'
TIMEOUT = (
    '{"type": "x-fal-error", "error": "TIMEOUT", "reason": "no inputs, reconnect when needed!"}'
)


async def session_results(
    *frames: str | bytes, endpoint_id: str = "fal-ai/fast", code: int = 1000
) -> Any:
    """Return a session's results after one input, and the frames that the server received."""
    got: dict[str, Any] = {}

    async def script(connection: ServerConnection) -> None:
        assert connection.request is not None
        got["path"] = connection.request.path
        got["key"] = connection.request.headers["authorization"]
        got["input"] = msgpack.unpackb(await connection.recv())
        for frame in frames:
            await connection.send(frame)
        await connection.close(code)

    results: list[Any] = []
    async with serve(script, "127.0.0.1", 0) as running:
        port = running.sockets[0].getsockname()[1]
        addresses = fal.Addresses(run=f"http://127.0.0.1:{port}/run")
        async with fal.Clients(addresses, KEY) as clients:
            try:
                async with clients.realtime.session(endpoint_id) as session:
                    await session.send({"prompt": "x", "seed": 2**60})
                    results += [result async for result in session.results()]
            except fal.FalError as error:
                results.append(error)
    return results, got


@pytest.mark.parametrize("endpoint_id", ["fal-ai/fast", "fal-ai/fast/realtime"])
async def test_inputs_and_results_are_msgpack_and_the_key_is_in_the_handshake(endpoint_id):
    image = {"images": [{"content": b"\xff\xd8", "content_type": "image/jpeg"}]}
    results, got = await session_results(
        msgpack.packb(image), TIMINGS, '{"text": "as JSON"}', TIMEOUT, endpoint_id=endpoint_id
    )
    assert results == [image, {"text": "as JSON"}]
    assert got["path"] == "/run/fal-ai/fast/realtime"
    assert got["key"] == f"Key {KEY}"
    assert got["input"] == {"prompt": "x", "seed": 2**60}


async def test_a_refused_input_is_reported_and_the_session_continues():
    error = {"type": "x-fal-error", "error": "INTERNAL_ERROR", "reason": "too long"}
    results, _ = await session_results(json.dumps(error), msgpack.packb({"seed": 1}))
    assert isinstance(results[0], fal.RunFailed)
    assert (results[0].type, results[0].message) == ("INTERNAL_ERROR", "too long")
    assert results[1] == {"seed": 1}


async def test_non_json_text_is_a_result_and_other_errors_end_no_session():
    odd = '{"status": "error", "error": "odd"}'
    results, _ = await session_results(
        "plain words", odd, msgpack.packb({"seed": 1}), msgpack.packb([1, 2])
    )
    assert results[0] == {"text": "plain words"}
    assert isinstance(results[1], fal.RunFailed)
    assert results[2:] == [{"seed": 1}, {"value": [1, 2]}]


async def test_a_broken_or_refused_session_raises():
    (error,), _ = await session_results(code=1011)
    assert isinstance(error, fal.Unreachable)
    (error,), _ = await session_results('{"status": "error", "error": "Unauthorized"}')
    assert isinstance(error, fal.AuthFailed)
    (error,), _ = await session_results(b"\xc1")
    assert isinstance(error, fal.UpstreamFailed)
