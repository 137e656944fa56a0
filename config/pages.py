"""The pages: Django's synchronous application in a pool of threads, of which no slow connection takes one.

Who pauses a film, or sends a picture over a slow line, would hold a thread for minutes; with as many
of those as there are threads, no page and no webhook would be answered. So the bytes of a stored file
are sent from the event loop, a small body is awaited there, and a large one read in a pool of its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from a2wsgi.wsgi import WSGIResponder
from django.http import StreamingHttpResponse

from catalog.asgi import Message, Receive, Scope, Send

THREADS = 8  # of each pool; each has a database connection that lasts
QUEUED = 10  # messages that a thread may be ahead of the connection
LARGE_BYTES = 1 << 20  # what Django does not keep in memory either

log = logging.getLogger(__name__)


class Unhurried(StreamingHttpResponse):
    """Bytes that wait for whoever reads them without a page's thread; making them asks no database."""


class Pages:
    """An ASGI application of a WSGI application."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self._app = app
        self._pages = ThreadPoolExecutor(THREADS, thread_name_prefix="page")
        self._bodies = ThreadPoolExecutor(THREADS, thread_name_prefix="body")
        self._files = ThreadPoolExecutor(THREADS, thread_name_prefix="file")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        pool = self._bodies
        if not _has_large_body(scope):
            pool, receive = self._pages, await _arrived(receive)
        await _Responder(self._app, pool, self._files)(scope, receive, send)


class _Responder(WSGIResponder):
    """Answers one request; what is unhurried after its thread is free again."""

    def __init__(
        self, app: Callable[..., Any], pool: ThreadPoolExecutor, files: ThreadPoolExecutor
    ) -> None:
        super().__init__(self._begun, pool, QUEUED)
        self._wsgi = app
        self._files = files
        self._rest: Unhurried | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def unless_more_comes(message: Message) -> None:
            if self._rest is None or message["type"] == "http.response.start":
                await send(message)

        await super().__call__(scope, receive, unless_more_comes)  # type: ignore[arg-type]
        if self._rest is not None:
            await self._send(self._rest, receive, send)

    def _begun(self, environ: Any, start_response: Any) -> Any:
        response = self._wsgi(environ, start_response)
        if not isinstance(response, Unhurried):
            return response
        self._rest = response
        return ()

    async def _send(self, response: Unhurried, receive: Receive, send: Send) -> None:
        chunks: Iterator[bytes] = iter(response)
        gone = asyncio.create_task(_until_gone(receive))
        try:
            while not gone.done():
                chunk = await self.loop.run_in_executor(self._files, next, chunks, None)
                if chunk is None:
                    return await send({"type": "http.response.body", "body": b""})
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except Exception as error:  # whatever a storage may raise; the server ends the connection
            log.warning("a file broke off while it was sent: %r", error)
        finally:
            gone.cancel()
            self._files.submit(response.close)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _arrived(receive: Receive) -> Receive:
    """What receives a request that has come as a whole."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())

    async def again() -> Message:
        return messages.pop(0) if messages else await receive()

    return again


def _has_large_body(scope: Scope) -> bool:
    """Whether it may take its time to arrive: it says that it is large, or not how large."""
    headers = dict(scope["headers"])
    told = headers.get(b"content-length", b"0")
    return b"transfer-encoding" in headers or not told.isdigit() or int(told) > LARGE_BYTES


def is_news(record: logging.LogRecord) -> bool:
    """Whether a server's line tells of more than a connection that was cut because the server ends, as it should."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, asyncio.CancelledError)
