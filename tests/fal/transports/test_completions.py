"""OpenAI's chunks become the completion that a request without a stream would return (C70)."""

import json
from typing import Any

import httpx
import pytest

import fal
from fal.transports import completions
from tests.fal.transports.test_stream import collect_run, streaming, values

CHAT = "openrouter/router/openai/v1/chat/completions"


def chunk(delta: dict[str, Any], reason: str | None = None, **more: Any) -> bytes:
    choices = [{"index": 0, "delta": delta, "finish_reason": reason}]
    return b"data: " + json.dumps({"id": "g", "choices": choices, **more}).encode() + b"\n\n"


HELLO = [chunk({"role": "assistant", "content": "Hel"}), chunk({"content": "lo"})]
END, DONE = chunk({}, "stop"), b"data: [DONE]\n\n"


def test_tool_calls_are_assembled_from_pieces():
    completion = completions.Completion()
    for piece in ({"id": "c1", "function": {"name": "f", "arguments": '{"a"'}},
                  {"function": {"arguments": ":1}"}}):  # fmt: skip
        completion.add({"choices": [{"delta": {"tool_calls": [{"index": 0, **piece}]}}]})
    (call,) = completion.as_json()["choices"][0]["message"]["tool_calls"]
    assert call == {
        "type": "function",
        "id": "c1",
        "function": {"name": "f", "arguments": '{"a":1}'},
    }
    completion.add(
        {"choices": [{"delta": {"tool_calls": [{"index": 10**9}, 3]}}, "x"], "usage": None}
    )
    assert not completion.is_over


@pytest.mark.anyio
async def test_deltas_are_appended_until_done(connect):
    usage = b'data: {"choices": [], "usage": {"total_tokens": 3}}\n\n'
    events = await collect_run(connect, streaming(*HELLO, END, usage, DONE), CHAT)
    texts = [value["choices"][0]["message"]["content"] for value in values(events)]
    assert texts[:2] == ["Hel", "Hello"]
    assert isinstance(events[-1], fal.Result)
    assert events[-1].output["usage"] == {"total_tokens": 3}
    assert events[-1].output["choices"][0]["finish_reason"] == "stop"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("pieces", "is_unconfirmed"),
    [
        ([*HELLO], True),
        ([*HELLO, httpx.ReadError("gone")], True),
        ([*HELLO, b'data: {"error": {"message": "no credit", "code": 402}}\n\n'], False),
    ],
    ids=["ends early", "breaks", "error"],
)
async def test_a_stream_without_its_end_is_a_failure(connect, pieces, is_unconfirmed):
    events = await collect_run(connect, streaming(*pieces), CHAT)
    assert isinstance(events[-1], fal.RunFailed)
    assert events[-1].is_unconfirmed is is_unconfirmed
    assert values(events)[-1]["choices"][0]["message"]["content"] == "Hello"
