"""Parses the answer in a model's output: its text, reasoning, usage and error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.formatting import counted, money
from fal.db_safe import db_safe_text
from features.chats.talk.shape import TEXT_OUTPUTS
from schemas.estimate.amounts import decimal

KEYS = ("output", "text", "response", "answer", "content", "message", *sorted(TEXT_OUTPUTS))
MAX_TROUBLE_CHARS = 500


@dataclass(frozen=True)
class Answer:
    """A model's answer; `trouble` is an error reported within its output."""

    text: str = ""
    reasoning: str = ""
    trouble: str = ""
    counted: str = ""  # "412 tokens in · 180 out · $0.0012", as far as reported


def parse_answer(output: Any) -> Answer:
    """Return the answer in an output, final or partial; an empty one if there is no text."""
    if isinstance(output, str):
        return Answer(db_safe_text(output))
    if not isinstance(output, dict):
        return Answer()
    return Answer(
        text=db_safe_text(_text(output)),
        reasoning=db_safe_text(_string(output.get("reasoning"))),
        trouble=db_safe_text(_trouble(output.get("error")))[:MAX_TROUBLE_CHARS],
        counted=_counted(output.get("usage")),
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


def _counted(usage: Any) -> str:
    """Return the tokens and cost that upstream reports, in words; empty if it reports none."""
    if not isinstance(usage, dict):
        return ""
    input_count = _count(usage, "prompt_tokens", "input_tokens")
    count = _count(usage, "completion_tokens", "output_tokens")
    total = _count(usage, "total_tokens")
    parts = []
    if input_count is not None and count is not None:
        parts.append(f"{counted(input_count, 'token')} in · {count:,} out")
    elif total:
        parts.append(counted(total, "token"))
    cost = usage.get("cost")
    amount = None if isinstance(cost, bool) else decimal(str(cost))
    if amount is not None and amount > 0:
        parts.append(money(amount, "USD"))
    return " · ".join(parts)


def _count(usage: dict[str, Any], *names: str) -> int | None:
    for name in names:
        value = usage.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12:
            return value
    return None
