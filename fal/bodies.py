"""Bodies as they come: never more of one than is allowed, and the events in it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing

import httpx
import httpx_sse

from fal.errors import FalError, UpstreamFailed

MAX_ANSWER_BYTES = 128 << 20
EVENT_STREAM = "text/event-stream"
# What no JSON, picture, film or sound begins with.
_EVENTS_BEGIN = (b"data:", b"event:", b":")


async def capped(
    chunks: AsyncIterable[bytes], most_bytes: int, error: FalError
) -> AsyncGenerator[bytes]:
    """The `chunks`; raises `error` before one with which they would be more than `most_bytes`."""
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > most_bytes:
            raise error
        yield chunk


def answer(chunks: AsyncIterable[bytes], status: int) -> AsyncGenerator[bytes]:
    """The chunks of an answer of fal's; raises UpstreamFailed when it is too large to be one."""
    words = f"fal's answer is larger than {MAX_ANSWER_BYTES >> 20} MiB."
    return capped(chunks, MAX_ANSWER_BYTES, UpstreamFailed(words, status=status))


def is_stream(content_type: str, beginning: bytes = b"") -> bool:
    """Whether a body is an event stream: by `Answer.content_type`, or plainly by how it begins."""
    return content_type == EVENT_STREAM or beginning.startswith(_EVENTS_BEGIN)


async def events(chunks: AsyncIterable[bytes]) -> AsyncGenerator[str]:
    """The data of each event in an event stream; the last one too where the blank line after it is missing (C34).

    It is UTF-8 whatever its header says, without its byte order mark. Bytes that are none read as
    U+FFFD: a model's slip in one letter is no reason to lose what was paid for.
    """
    headers = {"content-type": f"{EVENT_STREAM}; charset=utf-8-sig"}  # httpx decodes by it
    response = httpx.Response(200, headers=headers, content=_ended(chunks))
    async with aclosing(httpx_sse.EventSource(response).aiter_sse()) as found:
        async for event in found:
            if event.data:
                yield event.data


async def joined(first: bytes, rest: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    """The chunks of a body whose first one was looked at."""
    yield first
    async for chunk in rest:
        yield chunk


async def _ended(chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    async for chunk in chunks:
        yield chunk
    yield b"\n\n"
