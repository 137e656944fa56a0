"""ws.fal.run: any request of the run host as messages of a WebSocket, one after the other."""

import asyncio
import json
import uuid
from collections.abc import MutableMapping
from functools import partial
from typing import Any

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.hosts import run
from sandbox.hosts.web import Refused, demand_key
from sandbox.state import Sandbox

Message = MutableMapping[str, Any]
BROKEN = 1011


def routes(sandbox: Sandbox) -> list[BaseRoute]:
    """The routes of the WebSocket host."""
    return [WebSocketRoute("/{path:path}", partial(serve, sandbox=sandbox))]


async def serve(socket: WebSocket, sandbox: Sandbox) -> None:
    """Answer each message as the run host would, until the caller hangs up."""
    sandbox.calls["ws"] += 1
    try:
        demand_key(socket, sandbox, "run")
    except Refused as refusal:
        return await socket.send_denial_response(refusal.response)
    await socket.accept()
    inputs: asyncio.Queue[bytes | None] = asyncio.Queue()
    reading = asyncio.create_task(_read(socket, inputs))
    try:
        while (body := await inputs.get()) is not None:
            await _Exchange(socket, inputs, body).carry_out(sandbox)
    except ConnectionAbortedError:
        await socket.close(BROKEN)
    except WebSocketDisconnect:
        return None
    finally:
        reading.cancel()


async def _read(socket: WebSocket, inputs: asyncio.Queue[bytes | None]) -> None:
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        await inputs.put(message.get("bytes") or (message.get("text") or "").encode())
    await inputs.put(None)


class _Exchange:
    """One request on the connection: an HTTP call to the run host, its answer told in frames."""

    def __init__(self, socket: WebSocket, inputs: asyncio.Queue[bytes | None], body: bytes) -> None:
        self.socket = socket
        self.inputs = inputs
        self.body: bytes | None = body
        self.meta: dict[str, Any] = {}

    async def carry_out(self, sandbox: Sandbox) -> None:
        """Call the run host and tell what it answers."""
        took = asyncio.get_running_loop().time
        began = took()
        (call, *_) = run.routes(sandbox)
        headers = [
            (name, value)
            for name, value in self.socket.scope["headers"]
            if not name.startswith((b"sec-websocket", b"content-"))
        ]
        scope = {
            **self.socket.scope,
            "type": "http",
            "method": "POST",
            "headers": [*headers, (b"content-type", b"application/json")],
        }
        await call.app(scope, self._receive, self._send)  # type: ignore[attr-defined]
        taken = {"time_to_first_byte_seconds": round(took() - began, 3)}
        if sandbox.faults.take("end"):
            raise ConnectionAbortedError("the sandbox was told to lose the end of this answer")
        await self._tell({"type": "end", **self.meta, **taken})

    async def _receive(self) -> Message:
        if self.body is not None:
            body, self.body = self.body, None
            return {"type": "http.request", "body": body}
        while await self.inputs.get() is not None:  # one at a time: what comes early is passed over
            continue
        await self.inputs.put(None)
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = {name.decode(): value.decode() for name, value in message["headers"]}
            request_id = headers.get("x-fal-request-id") or str(uuid.uuid4())
            self.meta = {"request_id": request_id, "status": message["status"]}
            await self._tell({"type": "start", **self.meta, "headers": headers})
        elif body := message.get("body"):
            await self.socket.send_bytes(body)

    async def _tell(self, message: dict[str, Any]) -> None:
        await self.socket.send_text(json.dumps(message))
