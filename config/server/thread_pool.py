"""Runs Django's synchronous application in a thread pool that slow connections cannot exhaust.

A paused video or an upload over a slow line would hold a thread for minutes; a few of those would
leave none for pages and webhooks. So stored files are sent from the event loop, small request
bodies are received there before a thread is taken, and large ones are read in a pool of their own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from a2wsgi.wsgi import WSGIResponder

from core.http.asgi import Message, Receive, Scope, Send, wait_for_disconnect
from core.http.streaming import OffThreadStream

THREADS = 8  # of each pool at most; each keeps its database connection open
QUEUED_MESSAGES = 10  # that a thread may be ahead of the connection
LARGE_BYTES = 1 << 20  # above FILE_UPLOAD_MAX_MEMORY_SIZE, which Django spools to disk

log = logging.getLogger(__name__)


class ThreadPoolApp:
    """An ASGI application that runs a WSGI application in threads."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self._app = app
        self._pages = ThreadPoolExecutor(THREADS, thread_name_prefix="page")
        self._bodies = ThreadPoolExecutor(THREADS, thread_name_prefix="body")
        self._files = ThreadPoolExecutor(THREADS, thread_name_prefix="file")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        pool = self._bodies
        if _has_unannounced_body(scope):
            scope, receive = await _announced(scope, receive)
        if not _has_large_body(scope):
            pool, receive = self._pages, await _receive_body(receive)
        await _Responder(self._app, pool, self._files)(scope, receive, send)


class _Responder(WSGIResponder):
    """Responds to one request; sends an `OffThreadStream` after its thread is free again."""

    def __init__(
        self, app: Callable[..., Any], pool: ThreadPoolExecutor, files: ThreadPoolExecutor
    ) -> None:
        super().__init__(self._call_wsgi, pool, QUEUED_MESSAGES)
        self._wsgi = app
        self._files = files
        self._stream: OffThreadStream | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def send_head_only(message: Message) -> None:
            if self._stream is None or message["type"] == "http.response.start":
                await send(message)

        await super().__call__(scope, receive, send_head_only)  # type: ignore[arg-type]
        if self._stream is not None:
            await self._send_stream(self._stream, receive, send)

    def _call_wsgi(self, environ: Any, start_response: Any) -> Any:
        response = self._wsgi(environ, start_response)
        if not isinstance(response, OffThreadStream):
            return response
        self._stream = response
        return ()

    async def _send_stream(self, response: OffThreadStream, receive: Receive, send: Send) -> None:
        chunks: Iterator[bytes] = iter(response)
        disconnected = asyncio.create_task(wait_for_disconnect(receive))
        try:
            while not disconnected.done():
                chunk = await self.loop.run_in_executor(self._files, next, chunks, None)
                if chunk is None:
                    return await send({"type": "http.response.body", "body": b""})
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except Exception as error:  # storages raise anything; the server closes the connection
            log.warning("a file could not be sent to its end: %r", error)
        finally:
            disconnected.cancel()
            self._files.submit(response.close)


async def _receive_body(receive: Receive) -> Receive:
    """Receive the whole request body; return a `receive` that replays its messages."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())

    async def replay() -> Message:
        return messages.pop(0) if messages else await receive()

    return replay


def _has_unannounced_body(scope: Scope) -> bool:
    """Return whether the body comes in chunks, without its length."""
    return any(name == b"transfer-encoding" for name, _ in scope["headers"])


async def _announced(scope: Scope, receive: Receive) -> tuple[Scope, Receive]:
    """Receive a body without a length, and announce the length: WSGI reads no body without one.

    A body above `LARGE_BYTES` stays unannounced, and `config.body_limits` refuses it: nothing tells
    before its end whether the sender may send so much.
    """
    messages, size_bytes = [await receive()], 0
    while (size_bytes := size_bytes + len(messages[-1].get("body", b""))) <= LARGE_BYTES:
        if not messages[-1].get("more_body"):
            headers = [pair for pair in scope["headers"] if pair[0] != b"transfer-encoding"]
            headers.append((b"content-length", b"%d" % size_bytes))
            scope = {**scope, "headers": headers}
            break
        messages.append(await receive())

    async def replay() -> Message:
        return messages.pop(0) if messages else await receive()

    return scope, replay


def _has_large_body(scope: Scope) -> bool:
    """Return whether the body may take long to arrive: it is large or of unknown length."""
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    return b"transfer-encoding" in headers or not length.isdigit() or int(length) > LARGE_BYTES


def is_not_cancellation(record: logging.LogRecord) -> bool:
    """Filter out log records of connections that were cancelled because the server shuts down."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, asyncio.CancelledError)
