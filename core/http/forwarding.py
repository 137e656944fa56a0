"""Sends a request to another process of this installation and streams its response.

Written over asyncio, since an HTTP client would add megabytes to a web process that needs nothing
else of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import httptools

CONNECT_S = 10.0  # a process that is started on demand takes seconds to answer
READ_BYTES = 1 << 16
Headers = Sequence[tuple[bytes, bytes]]


class NotForwarded(Exception):
    """The process could not be reached, so it cannot have received the request."""


class ResponseBroken(Exception):
    """The response was cut off. An ASGI app that raises it also closes its client's connection."""


def is_not_broken_response(record: logging.LogRecord) -> bool:
    """Log filter: drops records of responses that the other process cut off."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, ResponseBroken)


class Response:
    """A response that is being received: status and headers, then the body in chunks."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self._reader = reader
        self._parser = httptools.HttpResponseParser(self)
        self._chunks: deque[bytes] = deque()
        self._has_head = self._is_over = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self.status = self._parser.get_status_code()
        self._has_head = True

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._chunks.append(body)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self._is_over = True

    async def read_head(self) -> None:
        """Wait for the status and headers; raises ResponseBroken."""
        while not self._has_head:
            await self._read()

    async def chunks(self) -> AsyncGenerator[bytes]:
        """Yield the body's chunks as they arrive; raises ResponseBroken if the body is cut off."""
        while True:
            while self._chunks:
                yield self._chunks.popleft()
            if self._is_over:
                return
            await self._read()

    async def _read(self) -> None:
        try:
            data = await self._reader.read(READ_BYTES)
        except OSError as error:
            raise ResponseBroken(str(error)) from error
        if not data:
            raise ResponseBroken("The connection was closed.")
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            raise ResponseBroken(str(error)) from error


@asynccontextmanager
async def post(base: str, path: str, headers: Headers = ()) -> AsyncGenerator[Response]:
    """Send a POST without a body; yield the response. Raises NotForwarded, then ResponseBroken.

    Leaving the block closes the connection, which tells the other process to stop sending.
    """
    parts = urlsplit(base)
    lines = [
        b"POST %b HTTP/1.1" % (parts.path + path).encode(),
        b"host: %b" % parts.netloc.encode(),
    ]
    lines += [b"content-length: 0", b"connection: close"]
    lines += [b"%b: %b" % header for header in headers]
    try:
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    except (OSError, TimeoutError) as error:
        raise NotForwarded(str(error) or "It does not answer.") from error
    try:
        writer.write(b"\r\n".join(lines) + b"\r\n\r\n")
        response = Response(reader)
        await response.read_head()
        yield response
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
