"""Streamed runs: every format of an event stream, and every way in which one ends (C34)."""

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
    """A body in these pieces; an exception among them is raised at its place."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self.pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece


def streaming(*pieces: bytes | Exception, **headers: str) -> Any:
    return lambda request: httpx.Response(200, headers={**SSE, **headers}, stream=Chunks(*pieces))


async def collect_run(
    connect: Any, answer: Any, endpoint_id: str = "fal-ai/any-llm", **limits: Any
) -> list[Any]:
    """Return everything that a streamed run yielded; an error is the last item."""
    upstream = Upstream(answer)
    clients = await connect(upstream, limits=fal.Limits(**limits))
    yielded: list[Any] = []
    try:
        async with aclosing(clients.stream.events(endpoint_id, {"prompt": "x"})) as events:
            async for event in events:
                yielded.append(event)  # noqa: PERF401  what came before an error counts
    except fal.FalError as error:
        yielded.append(error)
    assert len(upstream.requests) == 1
    return yielded


def values(events: list[Any]) -> list[Any]:
    return [
        event.value
        for event in events
        if isinstance(event, fal.Partial) and event.value is not None
    ]


async def test_a_stream_is_one_post_below_the_id(connect):
    upstream = Upstream(streaming(b'data: {"output": "a"}\n\n'))
    clients = await connect(upstream)
    for endpoint_id in ("fal-ai/any-llm", "fal-ai/any-llm/stream"):
        async with aclosing(clients.stream.events(endpoint_id, '{"a": 1.0}')) as events:
            yielded = [event async for event in events]
        assert yielded[0] == fal.Partial(None, "r-1")
        assert (yielded[-1].output, yielded[-1].request_id) == ({"output": "a"}, "r-1")
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
async def test_c34_every_framing_and_chunking_reads_the_same(connect, body, size):
    raw = body.encode()
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
    events = await collect_run(connect, streaming(*pieces))
    assert values(events) == [{"output": "Grüße"}, {"output": "Grüße 雪"}]
    assert events[-1].output == {"output": "Grüße 雪"}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("TEXT/Event-Stream; charset=utf-8", BODY),
        ("text/plain", BODY),
        ("application/json", ": hello\n\n" + BODY),
    ],
)
async def test_an_event_stream_is_recognised_by_type_or_first_bytes(connect, content_type, body):
    events = await collect_run(connect, streaming(body.encode(), **{"content-type": content_type}))
    assert values(events) == [{"output": "Grüße"}, {"output": "Grüße 雪"}]
    assert events[-1].output == {"output": "Grüße 雪"}


async def test_invalid_utf_8_is_replaced_in_the_output(connect):
    events = await collect_run(connect, streaming(b'data: {"output": "Gr\xfc\xfee"}\n\n'))
    assert events[-1].output == {"output": "Gr\ufffd\ufffde"}


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [
        ((b'data: {"output": "a"}\n\n', httpx.ReadError("cut")), "stream_broken"),
        ((b'data: {"output": "a"}\n\ndata: {"outp',), "stream_unusable"),
        ((b'data: {"output": "a", "partial": true}\n\n',), "stream_unusable"),
        ((), "stream_unusable"),
    ],
)
async def test_a_stream_that_ends_without_an_output_is_a_failure(connect, pieces, kind):
    events = await collect_run(connect, streaming(*pieces))
    assert isinstance(events[-1], fal.RunFailed)
    assert (events[-1].type, events[-1].request_id) == (kind, "r-1")
    assert events[-1].is_retryable
    assert events[-1].is_unconfirmed == (kind == "stream_broken")


async def test_a_non_json_event_matters_only_as_the_last(connect):
    events = await collect_run(connect, streaming(b'data: hello\n\ndata: {"output": "a"}\n\n'))
    assert events[-1].output == {"output": "a"}


async def test_an_error_as_the_last_event_is_the_models(connect):
    detail = [{"loc": ["body", "prompt"], "msg": "too long", "type": "value_error"}]
    event = json.dumps({"detail": detail}).encode()
    events = await collect_run(
        connect, streaming(b'data: {"output": "a"}\n\ndata: ' + event + b"\n\n")
    )
    assert isinstance(events[-1], fal.RunFailed)
    assert (events[-1].detail, events[-1].type) == (detail, "value_error")


@pytest.mark.parametrize(
    ("last", "message", "kind"),
    [
        (
            b'data: {"error": "exploded", "error_type": "internal_error"}',
            "exploded",
            "internal_error",
        ),
        (b'data: {"error": {"message": "declined", "type": "t"}}', "declined", "t"),
    ],
)
async def test_an_error_keeps_the_output_so_far(connect, last, message, kind):
    events = await collect_run(
        connect, streaming(b'data: {"output": "ab", "partial": true}\n\n' + last)
    )
    assert values(events) == [{"output": "ab", "partial": True}]
    assert isinstance(events[-1], fal.RunFailed)
    assert (events[-1].message, events[-1].type, events[-1].is_unconfirmed) == (
        message,
        kind,
        False,
    )


@pytest.mark.parametrize("partial", [True, False])
async def test_an_error_beside_the_output_is_a_failure_that_keeps_it(connect, partial):
    last = {"output": "ab", "partial": partial, "error": "exploded"}
    events = await collect_run(
        connect, stream_events({"output": "a", "partial": True, "error": None}, last)
    )
    assert values(events)[-1] == last
    assert isinstance(events[-1], fal.RunFailed)
    assert events[-1].message == "exploded"


WHOLE = b'data: {"output": "ab", "partial": false}\n\n'


@pytest.mark.parametrize(
    "late",
    [
        b'data: {"output": "late", "partial": true}\n\n',
        b"data: bye\n\n",
        httpx.ReadError("cut"),
    ],
)
async def test_an_output_marked_complete_wins_over_later_events(connect, late):
    events = await collect_run(
        connect, streaming(b'data: {"output": "a", "partial": true}\n\n', WHOLE, late)
    )
    assert values(events)[-1] == events[-1].output == {"output": "ab", "partial": False}


async def test_a_complete_output_ends_a_stream_that_stays_open(connect):
    class Open(Chunks):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield WHOLE
            await asyncio.Event().wait()

    events = await collect_run(
        connect, lambda request: httpx.Response(200, headers=SSE, stream=Open()), end_s=0.05
    )
    assert events[-1].output == {"output": "ab", "partial": False}


async def test_a_later_complete_output_or_error_replaces_the_first(connect):
    again = WHOLE.replace(b"ab", b"abc")
    events = await collect_run(connect, streaming(WHOLE, again))
    assert events[-1].output == {"output": "abc", "partial": False}
    events = await collect_run(connect, streaming(WHOLE, b'data: {"error": "exploded"}\n\n'))
    assert values(events)[-1] == {"output": "ab", "partial": False}
    assert events[-1].message == "exploded"


async def test_an_error_before_a_cut_is_the_failure(connect):
    events = await collect_run(
        connect, streaming(b'data: {"error": "exploded"}\n\n', httpx.ReadError("cut"))
    )
    assert (events[-1].message, events[-1].is_unconfirmed) == ("exploded", False)


@pytest.mark.parametrize("error", [None, "", {}, 0.25, []])
async def test_an_error_field_that_is_empty_or_a_number_is_no_error(connect, error):
    events = await collect_run(
        connect, stream_events({"output": "ab", "partial": False, "error": error})
    )
    assert events[-1].output == {"output": "ab", "partial": False, "error": error}


@pytest.mark.parametrize(
    ("answer", "error", "is_unconfirmed"),
    [
        *RUN_ANSWERS,
        (httpx.ConnectError(""), fal.Unreachable, False),
    ],
)  # fmt: skip
async def test_an_error_before_the_stream_is_handled_as_for_any_run(
    connect, answer, error, is_unconfirmed
):
    (failure,) = await collect_run(connect, answer)
    assert isinstance(failure, error)
    assert failure.is_unconfirmed is is_unconfirmed


async def test_a_json_answer_instead_of_a_stream_is_the_output(connect):
    events = await collect_run(connect, httpx.Response(200, json={"images": []}))
    assert events[-1].output == {"images": []}
    events = await collect_run(connect, httpx.Response(200, html="<h1>Hello</h1>"))
    assert isinstance(events[-1], fal.Unreadable)
    assert events[-1].detail["content_type"] == "text/html"


def stream_events(*events: dict[str, Any]) -> Any:
    return streaming(*(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events))


async def test_workflow_events_are_distinguished_by_their_type(connect):
    events = await collect_run(
        connect,
        stream_events(
            {"type": "submit", "node_id": "a", "app_id": "x/y", "request_id": "1"},
            {"type": "completion", "node_id": "a", "output": {"images": [1]}},
            {"type": "output", "output": {"images": [1, 2]}},
        ),
        "workflows/ana/story",
    )
    assert values(events) == [{"images": [1]}]
    assert events[-1].output == {"images": [1, 2]}
    steps = [event.step["type"] for event in events[:-1] if event.step]
    assert steps == ["submit", "completion"]


async def test_c67_a_workflow_may_send_events_of_other_types(connect):
    events = await collect_run(
        connect,
        stream_events(
            {"type": "heartbeat", "at": 1},
            {"type": "completion", "node_id": "a", "output": "words"},
            {"type": "output", "output": {"text": "words"}},
        ),
        "workflows/ana/story",
    )
    assert values(events) == ["words"]
    assert events[-1].output == {"text": "words"}


@pytest.mark.parametrize("endpoint_id", ["workflows/ana/story", "fal-ai/flux/dev"])
async def test_a_failed_step_is_the_runs_failure(connect, endpoint_id):
    detail = [{"loc": ["body", "prompt"], "msg": "declined", "type": "content_policy_violation"}]
    error = {"status": 422, "body": {"detail": detail}}
    events = await collect_run(
        connect,
        stream_events({"type": "error", "node_id": "a", "message": "It failed", "error": error}),
        endpoint_id,
    )
    assert isinstance(events[-1], fal.RunFailed)
    assert (events[-1].detail, events[-1].status) == (detail, 422)
    has_step = [event.step["node_id"] for event in events[:-1] if event.step] == ["a"]
    assert has_step is endpoint_id.startswith("workflows/")


@pytest.mark.parametrize(
    "last",
    [
        {"type": "completion", "node_id": "a", "output": {"images": [1]}},
        {"progress": 0.25},
    ],
)
async def test_a_workflow_without_an_output_event_is_unconfirmed(connect, last):
    events = await collect_run(connect, stream_events(last), "workflows/ana/story")
    assert isinstance(events[-1], fal.RunFailed)
    assert (events[-1].type, events[-1].request_id) == ("stream_broken", "r-1")
    assert events[-1].is_unconfirmed


@pytest.mark.parametrize(
    "last",
    [
        {"progress": 0.25, "message": "Painting"},
        {"status": "IN_PROGRESS", "logs": []},
    ],
)
async def test_a_progress_event_is_not_an_output(connect, last):
    events = await collect_run(connect, stream_events({"images": [1]}, last))
    assert (events[-1].type, events[-1].is_unconfirmed) == ("stream_broken", True)


@pytest.mark.parametrize(
    "last",
    [
        {"output": "a"},
        {"message": {"role": "assistant", "content": "a"}},
        {},
    ],
)
async def test_any_other_object_is_an_output(connect, last):
    events = await collect_run(connect, stream_events({"progress": 0.5}, last))
    assert events[-1].output == last


async def test_a_disconnect_error_leaves_the_run_unconfirmed(connect):
    last = {"error": "Client disconnected", "error_type": "client_disconnected"}
    events = await collect_run(connect, stream_events({"images": [1]}, last))
    assert (events[-1].type, events[-1].is_unconfirmed) == ("client_disconnected", True)
