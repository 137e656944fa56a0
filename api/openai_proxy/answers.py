"""Parses the answer in a model's output: its text, or the error within it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.openai_proxy.shape import TEXT_OUTPUTS
from fal.db_safe import db_safe_text

KEYS = ("output", "text", "response", "answer", "content", "message", *sorted(TEXT_OUTPUTS))
MAX_TROUBLE_CHARS = 500


@dataclass(frozen=True)
class Answer:
    """A model's answer; `trouble` is an error reported within its output."""

    text: str = ""
    trouble: str = ""


def parse_answer(output: Any) -> Answer:
    """Return the answer in an output, final or partial; an empty one if there is no text."""
    if isinstance(output, str):
        return Answer(db_safe_text(output))
    if not isinstance(output, dict):
        return Answer()
    return Answer(
        text=db_safe_text(_text(output)),
        trouble=db_safe_text(_trouble(output.get("error")))[:MAX_TROUBLE_CHARS],
    )


def _text(output: dict[str, Any]) -> str:
    choices = output.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        message = choices[0].get("message")
        return _content(message.get("content") if isinstance(message, dict) else message)
    return next((text for key in KEYS if (text := _content(output.get(key)))), "")


def _content(value: Any) -> str:
    """Return a text, or the concatenated texts of a list of parts."""
    if isinstance(value, list):
        return "".join(
            _string(part.get("text") if isinstance(part, dict) else part) for part in value
        )
    return _string(value)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _trouble(error: Any) -> str:
    if isinstance(error, dict):
        return _string(error.get("message")) or _string(error.get("detail")) or "unknown error"
    return _string(error)
