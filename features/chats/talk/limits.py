"""Detects that a conversation is too long for its model, by the schema or upstream's error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from features.chats.talk.composition import Composed
from features.chats.talk.shape import Shape
from runs.results import error_messages

# Models report it in prose that differs by host, but always names a length and a limit.
_TOO_LONG = re.compile(
    r"context[ _](?:length|window|size|limit)|maximum context|string_too_long|too many tokens"
    r"|(?:prompt|input|message|conversation|request|text)s? (?:is|are) too (?:long|large)"
    r"|token (?:limit|count)[^.]{0,40}exceed|exceed[^.]{0,60}(?:tokens?\b|token limit|characters)"
    r"|at most \d[\d,]* (?:characters|tokens)",
    re.IGNORECASE,
)
TOO_LONG = (
    "This message is {over:,} character{s} too long: {model} takes {most:,}. Shorten it, or change "
    "to a model that takes more. Nothing was sent, and what you wrote is kept."
)


def is_about_length(message: str) -> bool:
    """Whether upstream's message says that the input was too long for the model."""
    return bool(_TOO_LONG.search(message))


def is_too_long(error: Mapping[str, Any] | None, trouble: str = "") -> bool:
    """Whether a run failed by its length, according to `FalError.as_json()` or its output."""
    if trouble and is_about_length(trouble):
        return True
    if not error:
        return False
    messages = error_messages.problems(error)
    return any(is_about_length(f"{message.type} {message.message}") for message in messages)


def excess(shape: Shape, composed: Composed, model: str) -> str:
    """Return a sentence if a prompt is longer than the schema allows, else ""."""
    prompt = shape.prompt
    text = composed.arguments.get(prompt.name) if prompt else None
    most = prompt.max_length if prompt else None
    if not isinstance(text, str) or most is None or len(text) <= most:
        return ""
    over = len(text) - most
    return TOO_LONG.format(over=over, s="" if over == 1 else "s", model=model, most=most)
