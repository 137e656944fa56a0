"""The answer to a run is an output, a file, or unreadable (C21, 5.4)."""

import base64
from decimal import Decimal
from typing import Any

import httpx
import pytest

import fal
from tests.fal.upstream import Upstream

pytestmark = pytest.mark.anyio
HEADERS = {"x-fal-request-id": "r-1", "X-Fal-Billable-Units": "2.50"}
HANDLE = fal.Handle.rebuilt("https://queue.fal.run", "fal-ai/flux", "r-1")


async def fetch_result(connect: Any, body: bytes, kind: str) -> Any:
    answer = httpx.Response(200, content=body, headers={**HEADERS, "content-type": kind})
    clients = await connect(Upstream(answer))
    return await clients.queue.result(HANDLE)


@pytest.mark.parametrize(
    ("body", "kind", "stored_body"),
    [
        (b"Here you are.", "text/plain; charset=utf-8", "Here you are."),
        (b"", "application/json", ""),
        (b"[" * 3000, "application/json", "[" * 3000),
        (b"\xff\x00\x01", "", "\ufffd\x00\x01"),
        (b"x" * (300 << 10), "text/html", "x" * (256 << 10)),
    ],
)
async def test_an_unreadable_output_is_kept_as_received(connect, body, kind, stored_body):
    with pytest.raises(fal.Unreadable) as caught:
        await fetch_result(connect, body, kind)
    error = caught.value
    assert str(error) == "The answer could not be read."
    assert error.detail["body"] == stored_body
    assert error.detail["size"] == len(body)
    assert error.detail["content_type"] == kind.partition(";")[0]
    assert (error.request_id, error.status, error.billable_units) == ("r-1", 200, "2.50")
    assert type(fal.FalError.from_json(error.as_json())) is fal.Unreadable


@pytest.mark.parametrize("kind", ["image/png", "video/mp4", "Audio/MPEG; rate=1"])
async def test_a_bare_file_becomes_an_output_with_that_file(connect, kind):
    result = await fetch_result(connect, b"\x89PNG not json", kind)
    file = result.output["file"]
    assert base64.b64decode(file["url"].partition(",")[2]) == b"\x89PNG not json"
    assert file["content_type"] == kind.partition(";")[0].lower()
    assert (result.request_id, result.billable_units) == ("r-1", Decimal("2.50"))


async def test_json_is_recognised_under_any_content_type(connect):
    assert (await fetch_result(connect, b'{"a": 1}', "image/png")).output == {"a": 1}


@pytest.mark.parametrize("way", ["sync", "stream"])
@pytest.mark.parametrize("headers", [{}, HEADERS])
async def test_a_direct_run_ends_only_by_an_answer_of_fal(connect, way, headers):
    clients = await connect(Upstream(httpx.Response(200, text="Welcome!", headers=headers)))

    async def run() -> None:
        if way == "sync":
            await clients.sync.run("fal-ai/flux", {})
        else:
            async for _ in clients.stream.events("fal-ai/flux", {}):
                pass

    with pytest.raises(fal.Unreadable) as caught:
        await run()
    assert caught.value.is_unconfirmed is not bool(headers)


async def test_a_failure_carries_its_cost(connect):
    body = {"detail": [{"loc": ["body"], "msg": "no", "type": "content_policy_violation"}]}
    clients = await connect(Upstream(httpx.Response(422, json=body, headers=HEADERS)))
    with pytest.raises(fal.RunFailed) as caught:
        await clients.queue.result(HANDLE)
    assert caught.value.billable_units == "2.50"


@pytest.mark.parametrize(
    ("text", "value", "is_exact"),
    [
        ("1.10", 1.1, True),
        ("1E2", 100.0, True),
        ("1234567890123456789", 1234567890123456789, True),
        ("0.12345678901234567890", 0.12345678901234568, False),
        ("1E400", None, False),
        ("NaN", None, False),
        ("7" * 5000, None, False),
    ],
)
async def test_values_outside_json_mark_an_output_as_inexact(connect, text, value, is_exact):
    body = f'{{"x": [{text}]}}'
    result = await fetch_result(connect, body.encode(), "application/json")
    assert (result.output, result.is_exact, result.text) == ({"x": [value]}, is_exact, body)
    clients = await connect(Upstream(httpx.Response(200, text=body, headers=HEADERS)))
    assert (await clients.sync.run("fal-ai/flux", {})).is_exact is is_exact
    streamed = httpx.Response(
        200, text=f"data: {body}\n\n", headers={"content-type": "text/event-stream"}
    )
    clients = await connect(Upstream(streamed))
    events = [event async for event in clients.stream.events("fal-ai/flux", {})]
    assert isinstance(events[-1], fal.Result)
    assert (events[-1].output, events[-1].is_exact) == ({"x": [value]}, is_exact)
