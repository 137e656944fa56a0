"""Streamed runs: every shape of an event stream, and every way in which one ends (C34)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import httpx
import pytest

import fal
from tests.fal.upstream import RUN_ANSWERS, Upstream

pytestmark = pytest.mark.anyio
SSE = {"content-type": "text/event-stream; charset=utf-8", "x-fal-request-id": "r-1"}


class Chunks(httpx.AsyncByteStream):
    """A body in these pieces; an exception among them is raised in its place."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self.pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece


def streaming(*pieces: bytes | Exception, **headers: str) -> Any:
    return lambda request: httpx.Response(200, headers={**SSE, **headers}, stream=Chunks(*pieces))


async def ran(
    connect: Any, answer: Any, endpoint_id: str = "fal-ai/any-llm", **limits: Any
) -> list[Any]:
    """Everything that a streamed run yielded; an error is the last item."""
    upstream = Upstream(answer)
    clients = await connect(upstream, limits=fal.Limits(**limits))
    told: list[Any] = []
    try:
        async with aclosing(clients.stream.events(endpoint_id, {"prompt": "x"})) as events:
            async for event in events:
                told.append(event)  # noqa: PERF401  what came before an error counts
    except fal.FalError as error:
        told.append(error)
    assert len(upstream.requests) == 1
    return told


def values(told: list[Any]) -> list[Any]:
    return [one.value for one in told if isinstance(one, fal.Partial) and one.value is not None]


async def test_a_stream_is_one_post_below_the_id(connect: Any) -> None:
    upstream = Upstream(streaming(b'data: {"output": "a"}\n\n'))
    clients = await connect(upstream)
    for endpoint_id in ("fal-ai/any-llm", "fal-ai/any-llm/stream"):
        async with aclosing(clients.stream.events(endpoint_id, '{"a": 1.0}')) as events:
            told = [event async for event in events]
        assert told[0] == fal.Partial(None, "r-1")
        assert (told[-1].output, told[-1].request_id) == ({"output": "a"}, "r-1")
    assert upstream.urls == ["https://fal.run/fal-ai/any-llm/stream"] * 2
    assert upstream.requests[0].content == b'{"a": 1.0}'
    assert upstream.requests[0].headers["accept"] == "text/event-stream"
    assert upstream.requests[0].headers["authorization"].startswith("Key ")


BODY = (
    'data: {"output": "Grüße"}\n\n: still here\n\n'
    'event: event\ndata: {"output":\ndata: "Grüße 雪"}\n\n'
)


@pytest.mark.parametrize(
    "body",
    [
        BODY,
        BODY.replace("\n", "\r\n"),
        BODY.replace("\n", "\r"),
        BODY.rstrip("\n"),
        BODY + "data: [DONE]\n\n",
        "\ufeff" + BODY,
    ],
    ids=["lf", "crlf", "cr", "no-final-blank-line", "done", "byte-order-mark"],
)  # fmt: skip
@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_c34_every_shape_and_boundary_reads_the_same(
    connect: Any, body: str, size: int
) -> None:
    raw = body.encode()
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
    told = await ran(connect, streaming(*pieces))
    assert values(told) == [{"output": "Grüße"}, {"output": "Grüße 雪"}]
    assert told[-1].output == {"output": "Grüße 雪"}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("TEXT/Event-Stream; charset=utf-8", BODY),
        ("text/event-stream; charset=iso-8859-1", BODY),
        ("text/plain", BODY),
        ("application/json", ": hello\n\n" + BODY),
        ("", "event: event\n" + BODY),
    ],
)
async def test_a_stream_is_one_whatever_letters_name_it_or_by_how_it_begins(
    connect: Any, content_type: str, body: str
) -> None:
    told = await ran(connect, streaming(body.encode(), **{"content-type": content_type}))
    assert values(told) == [{"output": "Grüße"}, {"output": "Grüße 雪"}]
    assert told[-1].output == {"output": "Grüße 雪"}


async def test_bytes_that_are_no_text_cost_their_letters_and_not_the_output(connect: Any) -> None:
    told = await ran(connect, streaming(b'data: {"output": "Gr\xfc\xfee"}\n\n'))
    assert told[-1].output == {"output": "Gr\ufffd\ufffde"}


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [
        ((b'data: {"output": "a"}\n\n', httpx.ReadError("cut")), "stream_broken"),
        ((b'data: {"output": "a"}\n\n', httpx.ReadTimeout("stalled")), "stream_broken"),
        ((b'data: {"output": "a"}\n\ndata: {"outp',), "stream_unusable"),
        ((b'data: {"output": "a"}\n\ndata: all is well\n\n',), "stream_unusable"),
        ((b'data: {"output": "a", "partial": true}\n\n',), "stream_unusable"),
        ((b"data: 17\n\n",), "stream_unusable"),
        ((b": nothing\n\n",), "stream_unusable"),
        ((), "stream_unusable"),
    ],
)
async def test_a_stream_that_ends_without_an_output_is_a_failure(
    connect: Any, pieces: Any, kind: str
) -> None:
    told = await ran(connect, streaming(*pieces))
    assert isinstance(told[-1], fal.RunFailed)
    assert (told[-1].type, told[-1].request_id) == (kind, "r-1")
    assert told[-1].is_retryable
    assert told[-1].is_unconfirmed == (kind == "stream_broken")


async def test_an_event_that_is_no_json_matters_only_as_the_last(connect: Any) -> None:
    told = await ran(connect, streaming(b'data: hello\n\ndata: {"output": "a"}\n\n'))
    assert told[-1].output == {"output": "a"}


async def test_an_error_as_the_last_event_is_the_models(connect: Any) -> None:
    detail = [{"loc": ["body", "prompt"], "msg": "too long", "type": "value_error"}]
    event = json.dumps({"detail": detail}).encode()
    told = await ran(connect, streaming(b'data: {"output": "a"}\n\ndata: ' + event + b"\n\n"))
    assert isinstance(told[-1], fal.RunFailed)
    assert (told[-1].detail, told[-1].type) == (detail, "value_error")


@pytest.mark.parametrize(
    ("last", "message", "kind"),
    [
        (
            b'data: {"error": "exploded", "error_type": "internal_error"}',
            "exploded",
            "internal_error",
        ),
        (b'event: error\ndata: {"detail": "bad day"}', "bad day", None),
        (b'data: {"error": {"message": "declined", "type": "t"}}', "declined", "t"),
    ],
)
async def test_an_error_leaves_the_output_so_far_as_it_is(
    connect: Any, last: bytes, message: str, kind: str | None
) -> None:
    told = await ran(connect, streaming(b'data: {"output": "ab", "partial": true}\n\n' + last))
    assert values(told) == [{"output": "ab", "partial": True}]
    assert isinstance(told[-1], fal.RunFailed)
    assert (told[-1].message, told[-1].type, told[-1].is_unconfirmed) == (message, kind, False)


@pytest.mark.parametrize("partial", [True, False])
async def test_an_error_beside_the_output_is_a_failure_that_keeps_it(
    connect: Any, partial: bool
) -> None:
    last = {"output": "ab", "partial": partial, "error": "exploded"}
    told = await ran(connect, typed({"output": "a", "partial": True, "error": None}, last))
    assert values(told)[-1] == last
    assert isinstance(told[-1], fal.RunFailed)
    assert told[-1].message == "exploded"


WHOLE = b'data: {"output": "ab", "partial": false}\n\n'


@pytest.mark.parametrize(
    "late",
    [
        b'data: {"output": "late", "partial": true}\n\n',
        b'data: {"progress": 1}\n\n',
        b"data: bye\n\n",
        b"data: null\n\n",
        httpx.ReadError("cut"),
        httpx.ReadTimeout("stalled"),
    ],
)
async def test_what_the_model_calls_whole_is_the_output_whatever_comes_after_it(
    connect: Any, late: Any
) -> None:
    told = await ran(connect, streaming(b'data: {"output": "a", "partial": true}\n\n', WHOLE, late))
    assert values(told)[-1] == told[-1].output == {"output": "ab", "partial": False}


async def test_it_is_waited_for_no_more_where_the_stream_stays_open(
    connect: Any,
) -> None:
    class Open(Chunks):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield WHOLE
            await asyncio.Event().wait()

    told = await ran(
        connect, lambda request: httpx.Response(200, headers=SSE, stream=Open()), end_s=0.05
    )
    assert told[-1].output == {"output": "ab", "partial": False}


async def test_a_model_may_call_more_than_one_whole_and_take_it_back_by_an_error(
    connect: Any,
) -> None:
    again = WHOLE.replace(b"ab", b"abc")
    told = await ran(connect, streaming(WHOLE, again))
    assert told[-1].output == {"output": "abc", "partial": False}
    told = await ran(connect, streaming(WHOLE, b'data: {"error": "exploded"}\n\n'))
    assert values(told)[-1] == {"output": "ab", "partial": False}
    assert told[-1].message == "exploded"


async def test_an_error_before_a_cut_is_why_the_run_failed(connect: Any) -> None:
    told = await ran(connect, streaming(b'data: {"error": "exploded"}\n\n', httpx.ReadError("cut")))
    assert (told[-1].message, told[-1].is_unconfirmed) == ("exploded", False)


@pytest.mark.parametrize("error", [None, "", {}, 0.25, []])
async def test_a_model_may_say_that_there_is_no_error_or_how_large_it_is(
    connect: Any, error: Any
) -> None:
    told = await ran(connect, typed({"output": "ab", "partial": False, "error": error}))
    assert told[-1].output == {"output": "ab", "partial": False, "error": error}


@pytest.mark.parametrize(
    ("answer", "error", "is_unconfirmed"),
    [
        *RUN_ANSWERS,
        (httpx.ConnectError(""), fal.Unreachable, False),
    ],
)  # fmt: skip
async def test_an_error_before_the_stream_is_the_one_of_any_run(
    connect: Any, answer: Any, error: type[fal.FalError], is_unconfirmed: bool
) -> None:
    (told,) = await ran(connect, answer)
    assert isinstance(told, error)
    assert told.is_unconfirmed is is_unconfirmed


async def test_a_whole_answer_instead_of_a_stream_is_the_output_if_it_is_json(connect: Any) -> None:
    told = await ran(connect, httpx.Response(200, json={"images": []}))
    assert told[-1].output == {"images": []}
    told = await ran(connect, httpx.Response(200, html="<h1>Hello</h1>"))
    assert isinstance(told[-1], fal.Unreadable)
    assert told[-1].detail["content_type"] == "text/html"


def typed(*events: dict[str, Any]) -> Any:
    return streaming(*(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events))


async def test_a_workflow_says_by_a_type_what_an_event_is(connect: Any) -> None:
    told = await ran(
        connect,
        typed(
            {"type": "submit", "node_id": "a", "app_id": "x/y", "request_id": "1"},
            {"type": "completion", "node_id": "a", "output": {"images": [1]}},
            {"type": "output", "output": {"images": [1, 2]}},
        ),
        "workflows/ana/story",
    )
    assert values(told) == [{"images": [1]}]
    assert told[-1].output == {"images": [1, 2]}
    steps = [one.step["type"] for one in told[:-1] if one.step]
    assert steps == ["submit", "completion"]


async def test_c67_a_workflow_may_send_events_of_other_types(connect: Any) -> None:
    told = await ran(
        connect,
        typed(
            {"type": "heartbeat", "at": 1},
            {"type": "completion", "node_id": "a", "output": "words"},
            {"type": "output", "output": {"text": "words"}},
        ),
        "workflows/ana/story",
    )
    assert values(told) == ["words"]
    assert told[-1].output == {"text": "words"}


@pytest.mark.parametrize("endpoint_id", ["workflows/ana/story", "fal-ai/flux/dev"])
async def test_a_failed_step_is_the_runs_failure(connect: Any, endpoint_id: str) -> None:
    detail = [{"loc": ["body", "prompt"], "msg": "declined", "type": "content_policy_violation"}]
    error = {"status": 422, "body": {"detail": detail}}
    told = await ran(
        connect,
        typed({"type": "error", "node_id": "a", "message": "It failed", "error": error}),
        endpoint_id,
    )
    assert isinstance(told[-1], fal.RunFailed)
    assert (told[-1].detail, told[-1].status) == (detail, 422)
    has_step = [one.step["node_id"] for one in told[:-1] if one.step] == ["a"]
    assert has_step is endpoint_id.startswith("workflows/")


@pytest.mark.parametrize(
    "last",
    [
        {"type": "submit", "node_id": "a", "app_id": "x/y", "request_id": "1"},
        {"type": "completion", "node_id": "a", "output": {"images": [1]}},
        {"progress": 0.25},
    ],
)
async def test_a_workflow_without_its_output_may_have_had_one(
    connect: Any, last: dict[str, Any]
) -> None:
    told = await ran(connect, typed(last), "workflows/ana/story")
    assert isinstance(told[-1], fal.RunFailed)
    assert (told[-1].type, told[-1].request_id) == ("stream_broken", "r-1")
    assert told[-1].is_unconfirmed


@pytest.mark.parametrize(
    "last",
    [
        {"progress": 0.25, "message": "Painting"},
        {"status": "IN_PROGRESS", "logs": []},
        {"type": "progress", "request_id": "1", "progress": 1},
        {"message": "Nearly there"},
    ],
)
async def test_how_far_it_is_is_no_output(connect: Any, last: dict[str, Any]) -> None:
    told = await ran(connect, typed({"images": [1]}, last))
    assert (told[-1].type, told[-1].is_unconfirmed) == ("stream_broken", True)


@pytest.mark.parametrize(
    "last",
    [
        {"output": "a"},
        {"text": "a", "status": "done"},
        {"message": {"role": "assistant", "content": "a"}},
        {"message": "Done", "partial": False},
        {},
    ],
)
async def test_any_other_object_is_one(connect: Any, last: dict[str, Any]) -> None:
    told = await ran(connect, typed({"progress": 0.5}, last))
    assert told[-1].output == last


async def test_that_whoever_asked_has_gone_is_not_how_a_run_ended(connect: Any) -> None:
    last = {"error": "Client disconnected", "error_type": "client_disconnected"}
    told = await ran(connect, typed({"images": [1]}, last))
    assert (told[-1].type, told[-1].is_unconfirmed) == ("client_disconnected", True)
