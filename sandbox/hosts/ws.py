"""ws.fal.run: requests to the run host over a WebSocket, one after the other."""

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
    """Respond to each message as the run host would, until the client disconnects."""
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
            await _Exchange(socket, inputs, body).run(sandbox)
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
    """One request on the connection: calls the run host and sends its response as frames."""

    def __init__(self, socket: WebSocket, inputs: asyncio.Queue[bytes | None], body: bytes) -> None:
        self.socket = socket
        self.inputs = inputs
        self.body: bytes | None = body
        self.meta: dict[str, Any] = {}

    async def run(self, sandbox: Sandbox) -> None:
        """Call the run host and send its response."""
        clock = asyncio.get_running_loop().time
        started = clock()
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
        timing = {"time_to_first_byte_seconds": round(clock() - started, 3)}
        if sandbox.faults.take("end"):
            raise ConnectionAbortedError("the sandbox was told to lose the end of this answer")
        await self._send_control({"type": "end", **self.meta, **timing})

    async def _receive(self) -> Message:
        if self.body is not None:
            body, self.body = self.body, None
            return {"type": "http.request", "body": body}
        while await self.inputs.get() is not None:  # inputs during a request are ignored
            continue
        await self.inputs.put(None)
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = {name.decode(): value.decode() for name, value in message["headers"]}
            request_id = headers.get("x-fal-request-id") or str(uuid.uuid4())
            self.meta = {"request_id": request_id, "status": message["status"]}
            await self._send_control({"type": "start", **self.meta, "headers": headers})
        elif body := message.get("body"):
            await self.socket.send_bytes(body)

    async def _send_control(self, message: dict[str, Any]) -> None:
        await self.socket.send_text(json.dumps(message))
