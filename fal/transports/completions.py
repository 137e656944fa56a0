"""OpenAI's chat completions: one URL; `stream` in the body requests deltas (section 16.5).

Unlike in other streams, an event does not replace the previous one: deltas are appended, and
`[DONE]` ends the stream.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fal import reading

SUFFIX = "/chat/completions"
DONE = "[DONE]"
_APPENDED = ("content", "reasoning", "reasoning_content", "refusal")
MAX_CALLS = 256  # tool calls of one message, and choices of one completion


def is_completions(endpoint_id: str) -> bool:
    """Whether the endpoint takes OpenAI's chat body; its document says nothing about it."""
    return endpoint_id.endswith(SUFFIX)


def streamed(arguments: Mapping[str, Any], *, with_usage: bool) -> dict[str, Any]:
    """The body with streaming requested, and `with_usage` a last chunk with token counts."""
    options = {"stream_options": {"include_usage": True}} if with_usage else {}
    return {**options, **arguments, "stream": True}


class Completion:
    """The completion assembled from the chunks so far."""

    def __init__(self) -> None:
        self._head: dict[str, Any] = {}
        self._choices: dict[int, dict[str, Any]] = {}

    @property
    def is_over(self) -> bool:
        """Whether every choice has a finish reason, which means the same as `[DONE]`."""
        ended = [choice.get("finish_reason") for choice in self._choices.values()]
        return bool(ended) and all(ended)

    def add(self, chunk: Mapping[str, Any]) -> None:
        """Append a chunk's deltas; its other values replace the previous ones."""
        self._head |= {key: value for key, value in chunk.items() if key != "choices"}
        choices = chunk.get("choices")
        for place, item in enumerate(choices if isinstance(choices, list) else []):
            update = reading.as_mapping(item)
            index = _index(update, place)
            if index not in self._choices and len(self._choices) >= MAX_CALLS:
                continue
            choice = self._choices.setdefault(index, {"index": index, "message": {}})
            _append(choice["message"], reading.as_mapping(update.get("delta")))
            choice_fields = {
                k: v for k, v in update.items() if k not in {"delta", "index"} and v is not None
            }
            choice |= choice_fields

    def as_json(self) -> dict[str, Any]:
        """The completion so far, in the form of a response that is not streamed."""
        choices = [
            {**choice, "message": {"role": "assistant", "content": None, **choice["message"]}}
            for _, choice in sorted(self._choices.items())
        ]
        return {**self._head, "object": "chat.completion", "choices": choices}


def _append(message: dict[str, Any], delta: Mapping[str, Any]) -> None:
    for key, value in delta.items():
        if key == "tool_calls":
            _append_calls(message, value)
        elif key in _APPENDED and isinstance(value, str):
            message[key] = (message.get(key) or "") + value
        elif value is not None or key not in message:
            message[key] = value


def _append_calls(message: dict[str, Any], calls: Any) -> None:
    """Append to the tool calls, identified by `index`; their arguments arrive in pieces."""
    assembled: list[dict[str, Any]] = message.setdefault("tool_calls", [])
    for place, item in enumerate(calls if isinstance(calls, list) else []):
        update = reading.as_mapping(item)
        index = _index(update, place)
        while len(assembled) <= index:
            assembled.append({"type": "function", "function": {"name": "", "arguments": ""}})
        call, function = assembled[index], reading.as_mapping(update.get("function"))
        call |= {k: v for k, v in update.items() if k not in {"function", "index"} and v}
        for key, value in function.items():
            if isinstance(value, str):
                call["function"][key] = call["function"].get(key, "") + value


def _index(update: Mapping[str, Any], place: int) -> int:
    index = update.get("index")
    is_good = isinstance(index, int) and not isinstance(index, bool) and 0 <= index < MAX_CALLS
    return index if is_good else place  # type: ignore[return-value]
