"""Calls this process's own ASGI application, without a socket or network request."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import unquote, urlencode

from api.assistants.caller import BASE, refusal
from api.charges import CHARGE
from api.spending import Charge
from core.http.asgi import App, Message, Scope

# Headers of the assistant's request that are copied to its calls.
CARRIED = {b"authorization", b"host", b"x-forwarded-for", b"x-forwarded-proto"}


class InProcess:
    """A `Caller` for the user of the request `scope`."""

    def __init__(self, app: App, scope: Scope) -> None:
        self._app = app
        self._scope = scope

    def charging(self, charge: Charge) -> InProcess:
        """Return a caller whose paid calls are charged to the token's session."""
        return InProcess(self._app, {**self._scope, CHARGE: charge})

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Return the JSON of an operation's response; raises Refused."""
        query_string = urlencode(
            {name: value for name, value in query.items() if value is not None}, True
        )
        content = b"" if body is None else json.dumps(body).encode()
        status, _, answer = await self._send(method, f"{BASE}{path}", query_string, content)
        parsed = json.loads(answer) if answer else None
        if status >= 400:
            raise refusal(status, parsed)
        return parsed

    async def file(self, path: str) -> tuple[bytes, str]:
        """Return a file's bytes and content type; raises Refused."""
        status, content_type, answer = await self._send("GET", path, "", b"")
        if status != 200:
            raise refusal(status, {"detail": "This file cannot be read at the moment."})
        return answer, content_type

    async def _send(
        self, method: str, path: str, query: str, content: bytes
    ) -> tuple[int, str, bytes]:
        messages = [{"type": "http.request", "body": content, "more_body": False}]
        status, content_type, parts = 0, "", list[bytes]()

        async def receive() -> Message:
            if not messages:
                await asyncio.Event().wait()  # this client does not disconnect
            return messages.pop()

        async def send(message: Message) -> None:
            nonlocal status, content_type
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = {name.lower(): value for name, value in message["headers"]}
                content_type = headers.get(b"content-type", b"").decode("latin-1")
            else:
                parts.append(message.get("body", b""))

        await self._app(self._inner(method, path, query, content), receive, send)
        return status, content_type, b"".join(parts)

    def _inner(self, method: str, path: str, query: str, content: bytes) -> Scope:
        headers = [(name, value) for name, value in self._scope["headers"] if name in CARRIED]
        headers.append((b"content-length", b"%d" % len(content)))
        if content:
            headers.append((b"content-type", b"application/json"))
        inner = {"method": method, "path": unquote(path), "raw_path": path.encode()}
        return {**self._scope, **inner, "query_string": query.encode(), "headers": headers}
