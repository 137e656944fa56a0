"""Answers OpenAI's chat body, whole or streamed in chunks (protocol, 16.5)."""

import re
import time
from typing import Any

from sandbox.contract.registry import Arguments
from sandbox.errors import InvalidArguments
from sandbox.execution.context import Context
from sandbox.studio.words import compose

WORDS = 120
REQUIRED = ("messages", "model")


def complete(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Answer the last message."""
    _require(arguments)
    head = {
        "id": f"gen-{context.dice(str(arguments['messages']), 0).randrange(10**12):012d}",
        "created": int(time.time()),
        "model": arguments["model"],
    }
    prompt = _text(arguments["messages"][-1])
    text = compose(prompt or "silence", 1, _most_words(arguments), "plain", context)
    pieces = re.findall(r"\S+\s*", text)
    _emit(context, head, {"role": "assistant", "content": ""})
    for piece in pieces:
        _emit(context, head, {"content": piece})
        context.sleep(0.01)
    _emit(context, head, {}, "stop")
    usage = _usage(arguments, len(pieces))
    context.billed = usage["total_tokens"] / 1000
    if (arguments.get("stream_options") or {}).get("include_usage"):
        context.emit({**head, "object": "chat.completion.chunk", "choices": [], "usage": usage})
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {**head, "object": "chat.completion", "choices": [choice], "usage": usage}


def _require(arguments: Arguments) -> None:
    missing = [
        {"loc": ["body", name], "msg": "Field required", "type": "missing"}
        for name in REQUIRED
        if not arguments.get(name)
    ]
    if missing:
        raise InvalidArguments(missing)


def _emit(context: Context, head: Any, delta: Any, reason: str | None = None) -> None:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    context.emit({**head, "object": "chat.completion.chunk", "choices": [choice]})


def _text(message: Any) -> str:
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, list):
        return " ".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _most_words(arguments: Arguments) -> int:
    limit = arguments.get("max_tokens") or arguments.get("max_completion_tokens")
    return max(20, min(limit, 2000)) if isinstance(limit, int) else WORDS


def _usage(arguments: Arguments, completion_tokens: int) -> dict[str, Any]:
    prompt_tokens = sum(len(_text(message).split()) for message in arguments["messages"])
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "cost": (prompt_tokens + completion_tokens) * 5e-7,
    }
