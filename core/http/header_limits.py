"""Limits of a request's headers, which are read before the sender is known."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from core.http.asgi import App, Receive, Scope, Send, respond

MAX_HEAD_BYTES = 64 << 10  # h11's limit; httptools has none
MAX_COOKIE_BYTES = 8 << 10
TEXT = [(b"content-type", b"text/plain; charset=utf-8")]
TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)
TOO_MANY_COOKIES = (
    b"Your browser sends more than 8 KB of cookies to this server. Delete the cookies of this site "
    b"in your browser's settings, then log in again.\n"
)


class LimitedHeads(HttpToolsProtocol):
    """uvicorn's protocol; refuses a request with an endless head or trailer."""

    _head_bytes = 0  # received since the last whole head or piece of a body

    def data_received(self, data: bytes) -> None:
        """Read received bytes, in pieces of at most 256 KB."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(TOO_LARGE)
            self.transport.close()

    def on_headers_complete(self) -> None:
        """Begin to serve the request."""
        self._head_bytes = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Pass on a piece of the body."""
        self._head_bytes = 0
        super().on_body(body)


class LimitedCookies:
    """An ASGI application that answers 431 to large cookies before anything parses them.

    Python before 3.11.10 and 3.12.6 takes quadratic time to parse a cookie (CVE-2024-7592).
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        cookies = (value for name, value in scope.get("headers", ()) if name == b"cookie")
        if scope["type"] == "http" and sum(map(len, cookies)) > MAX_COOKIE_BYTES:
            await respond(send, 431, TOO_MANY_COOKIES, TEXT)
        else:
            await self._app(scope, receive, send)
