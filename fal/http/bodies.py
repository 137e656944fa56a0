"""Response bodies while they are read: size limits and server-sent events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing

import httpx
import httpx_sse

from fal.errors import FalError, UpstreamFailed

EVENT_STREAM = "text/event-stream"
# No JSON, image, video or audio file begins like this.
_EVENT_STREAM_STARTS = (b"data:", b"event:", b":")


async def capped(
    chunks: AsyncIterable[bytes], max_bytes: int, error: FalError
) -> AsyncGenerator[bytes]:
    """Passes `chunks` on; raises `error` before the chunk that would exceed `max_bytes`."""
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            raise error
        yield chunk


def capped_answer(
    chunks: AsyncIterable[bytes], status: int, max_bytes: int
) -> AsyncGenerator[bytes]:
    """Passes a response body on; raises UpstreamFailed beyond `max_bytes`."""
    message = f"fal's answer is larger than {max_bytes >> 20} MiB."
    return capped(chunks, max_bytes, UpstreamFailed(message, status=status))


def is_stream(content_type: str, beginning: bytes = b"") -> bool:
    """Whether a body is an event stream, by `Answer.content_type` or by its first bytes."""
    return content_type == EVENT_STREAM or beginning.startswith(_EVENT_STREAM_STARTS)


async def events(chunks: AsyncIterable[bytes]) -> AsyncGenerator[str]:
    """The data of each event in a stream, including a last one without its blank line (C34).

    Decodes UTF-8 whatever the header says and drops a byte order mark. Invalid bytes become
    U+FFFD: one broken character must not lose an output that was paid for.
    """
    headers = {"content-type": f"{EVENT_STREAM}; charset=utf-8-sig"}  # httpx decodes by it
    response = httpx.Response(200, headers=headers, content=_with_blank_line(chunks))
    async with aclosing(httpx_sse.EventSource(response).aiter_sse()) as stream:
        async for event in stream:
            if event.data:
                yield event.data


async def prepend(first: bytes, rest: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    """A body whose first chunk was already read."""
    yield first
    async for chunk in rest:
        yield chunk


async def _with_blank_line(chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    async for chunk in chunks:
        yield chunk
    yield b"\n\n"
