"""Types of ASGI applications, and functions that several of them share.

See https://asgi.readthedocs.io/en/latest/specs/main.html.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

JSON = [(b"content-type", b"application/json")]


async def respond(
    send: Send, status: int, body: bytes = b"", headers: Sequence[Header] = JSON
) -> None:
    """Send a whole response that must not be cached."""
    headers = [*headers, (b"cache-control", b"no-store")]
    if status != HTTPStatus.NO_CONTENT:  # without a length responses are chunked, which is slower
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def unless_disconnected(work: Coroutine[Any, Any, None], receive: Receive) -> bool:
    """Await `work`, and return True; cancel it and return False once the client disconnects."""
    working = asyncio.create_task(work)
    disconnect = asyncio.create_task(wait_for_disconnect(receive))
    try:
        await asyncio.wait({working, disconnect}, return_when=asyncio.FIRST_COMPLETED)
        is_done = working.done()
    finally:
        disconnect.cancel()
        working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    return is_done


async def wait_for_disconnect(receive: Receive) -> None:
    """Return when the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass


class Intercepted:
    """A response that is passed on, or dropped if it has a header, whose value is then `value`.

    With this header a view, which has no event loop, asks the loop to answer in its place.
    """

    def __init__(self, send: Send, header: str) -> None:
        self.value = ""
        self.start: Message = {}  # the response's first message
        self._send = send
        self._header = header.lower().encode()

    async def send(self, message: Message) -> None:
        """Handle a message of the response."""
        if message["type"] == "http.response.start":
            self.start = message
            values = (v for name, v in message["headers"] if name.lower() == self._header)
            self.value = next(values, b"").decode()
        if not self.value:
            await self._send(message)
