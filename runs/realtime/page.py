"""The browser's end of a live session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson

from catalog.models import Endpoint
from core.http.asgi import Message, Receive, Send
from runs.realtime.limits import LIVE_LIMITS, LiveLimits

# Parses a posted form: (endpoint, post) -> (arguments, problems).
ParseForm = Callable[[Endpoint, dict[str, list[str]]], tuple[dict[str, Any], list[Any]]]

MAX_INPUT_CHARS = 1 << 18
STOPPED = "The server was restarted. Press “Paint live” to start a new session."


class Page:
    """The browser's end of a session: receives its newest form and sends it messages."""

    def __init__(
        self,
        receive: Receive,
        send: Send,
        parse_form: ParseForm,
        limits: LiveLimits = LIVE_LIMITS,
    ) -> None:
        self.is_gone = False
        self.parse_form = parse_form
        self.limits = limits
        self._receive = receive
        self._send = send
        self._newest = ""
        self._has_new_form = asyncio.Event()
        self._serving = asyncio.current_task()

    async def receive_forms(self) -> None:
        """Store the newest form until the browser disconnects."""
        while (message := await self._receive())["type"] != "websocket.disconnect":
            text = message.get("text") or ""
            if text and len(text) <= MAX_INPUT_CHARS:
                self._newest = text
                self._has_new_form.set()
        self.is_gone = True
        self._has_new_form.set()

    async def wait_for_form(self) -> None:
        """Wait for a form that was not taken yet, or for the browser to disconnect."""
        await self._has_new_form.wait()

    def take_form(self) -> str:
        """Return the newest form and mark it as taken."""
        if not self.is_gone:  # a disconnect stays set
            self._has_new_form.clear()
        return self._newest

    async def send(self, message: dict[str, Any], picture: bytes = b"") -> None:
        """Send a message, followed by a picture's bytes if the message announces one."""
        if not self.is_gone:
            text = orjson.dumps(message).decode()
            await self._put({"type": "websocket.send", "text": text})
            if picture:
                await self._put({"type": "websocket.send", "bytes": picture})

    async def shutdown(self) -> None:
        """Notify the page that the server stops, and wait until its session has ended."""
        if self._serving:
            self._serving.cancel()
            await self.send({"type": "end", "message": STOPPED})
            await asyncio.wait({self._serving})

    async def close(self) -> None:
        """Close the connection unless the browser has closed it."""
        if not self.is_gone:
            await self._put({"type": "websocket.close", "code": 1000})

    async def _put(self, message: Message) -> None:
        try:
            await self._send(message)
        except OSError:
            # The browser has just disconnected (ASGI, "Disconnected Client").
            self.is_gone = True
            self._has_new_form.set()
