"""Reads messages of assistants' clients, some of which the `mcp` package does not accept."""

from __future__ import annotations

import codecs
import json
from typing import Any

from core.http.asgi import Message, Receive

MAX_BYTES = 1 << 20  # parsed, JSON takes up to twenty times its size
INVALID_REQUEST = -32600  # JSON-RPC 2.0, section 5.1
WRONG_ID = "The id of a request is a text or a whole number."


class WrongId(Exception):
    """A request has an id that MCP does not allow; the package would take it for a notification."""

    answer = json.dumps(
        {"jsonrpc": "2.0", "id": None, "error": {"code": INVALID_REQUEST, "message": WRONG_ID}}
    ).encode()


async def acceptable(receive: Receive) -> Receive:
    """Receive a message; return a `receive` that passes it on as the package accepts it.

    Raises WrongId. A message that is too large is passed on, and the package refuses it.
    """
    messages = [await receive()]
    size_bytes = len(messages[0].get("body", b""))
    while messages[-1].get("more_body") and size_bytes <= MAX_BYTES:
        messages.append(await receive())
        size_bytes += len(messages[-1].get("body", b""))
    if size_bytes <= MAX_BYTES and messages[-1]["type"] == "http.request":
        content = b"".join(message.get("body", b"") for message in messages)
        messages = [{"type": "http.request", "body": _acceptable(content), "more_body": False}]

    async def replay() -> Message:
        return messages.pop(0) if messages else await receive()

    return replay


def _acceptable(content: bytes) -> bytes:
    """Return a message without a byte-order mark, with a whole number as an integer: 1 for 1.0."""
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        message: Any = json.loads(content)
    except (ValueError, RecursionError):
        return content  # the package says what is wrong
    if not isinstance(message, dict) or not {"id", "method"} <= message.keys():
        return content
    request_id = message["id"]
    if isinstance(request_id, float) and request_id.is_integer():
        return json.dumps(message | {"id": int(request_id)}).encode()
    if isinstance(request_id, bool) or not isinstance(request_id, int | str):
        raise WrongId
    return content
