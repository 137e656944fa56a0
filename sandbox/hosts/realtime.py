"""`/realtime` of the run host: a live session in msgpack, control messages as JSON text."""

import asyncio
import json
import time
from base64 import b64decode
from collections import deque
from typing import Any

import msgpack
from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.contract.registry import Model
from sandbox.execution.engine import Request
from sandbox.faults import reply
from sandbox.hosts.web import Refused, demand_key
from sandbox.state import Sandbox

SUFFIX = "/realtime"
MAX_QUEUED = 60
IDLE = {"type": "x-fal-error", "error": "TIMEOUT", "reason": "no inputs, reconnect when needed!"}


async def serve(socket: WebSocket, sandbox: Sandbox) -> None:
    """Serve one session: a response to each input, until the client disconnects or is idle."""
    sandbox.calls["realtime"] += 1
    endpoint_id = socket.path_params["path"].strip("/")
    while endpoint_id.endswith(SUFFIX):  # fal-client appends it even if it is there already
        endpoint_id = endpoint_id.removesuffix(SUFFIX)
    model = sandbox.registry.get(endpoint_id)
    try:
        demand_key(socket, sandbox, "run")
        if model is None or not model.is_live:
            raise Refused(reply({"detail": f"Path {SUFFIX} not found"}, 404))
    except Refused as refusal:
        return await socket.send_denial_response(refusal.response)
    await socket.accept()
    try:
        await _Session(socket, sandbox, model).run()
    except WebSocketDisconnect:
        return None


class _Session:
    """A session with a bounded queue of inputs; when full, a new one drops the oldest (8.2)."""

    def __init__(self, socket: WebSocket, sandbox: Sandbox, model: Model) -> None:
        self.socket = socket
        self.sandbox = sandbox
        self.model = model
        text = socket.query_params.get("max_buffering", "")
        limit = int(text) if text.isdecimal() else MAX_QUEUED
        self.queued: deque[Any] = deque(maxlen=min(max(limit, 1), MAX_QUEUED))
        self.received = asyncio.Event()
        self.is_disconnected = False

    async def run(self) -> None:
        reading = asyncio.create_task(self._read())
        try:
            while await self._wait_for_input():
                await self._respond(self.queued.popleft())
        finally:
            reading.cancel()

    async def _wait_for_input(self) -> bool:
        """Return True once an input is queued; False after a disconnection or when idle."""
        while not self.queued:
            if self.is_disconnected:
                return False
            self.received.clear()
            try:
                async with asyncio.timeout(self.sandbox.config.live_idle_s):
                    await self.received.wait()
            except TimeoutError:
                await self.socket.send_text(json.dumps(IDLE))
                await self.socket.close(1000)
                return False
        return True

    async def _read(self) -> None:
        while (message := await self.socket.receive())["type"] != "websocket.disconnect":
            raw, text = message.get("bytes"), message.get("text")
            self.queued.append(raw if raw is not None else text)
            self.received.set()
        self.is_disconnected = True
        self.received.set()

    async def _respond(self, raw: bytes | str) -> None:
        try:
            arguments = json.loads(raw) if isinstance(raw, str) else msgpack.unpackb(raw)
        except (ValueError, msgpack.UnpackException):
            await self._send_error("BAD_REQUEST", "The input could not be read")
        else:
            await self._run_model(arguments)

    async def _run_model(self, arguments: Any) -> None:
        request_id = arguments.pop("request_id", None) if isinstance(arguments, dict) else None
        request = Request(self.model, arguments, wants_inline=True, is_live=True)
        started = time.perf_counter()
        if not self.sandbox.engine.start(request):
            await self._send_error("TOO_MANY_REQUESTS", "Too many requests in progress")
            return
        try:
            await request.over()
        finally:
            self.sandbox.engine.cancel(request)
        if request.failure is not None:
            reason = json.dumps(request.failure.body()["detail"])
            await self._send_error("INTERNAL_ERROR", reason)
        else:
            await self._send_output(request.output, request_id, time.perf_counter() - started)

    async def _send_output(self, output: Any, request_id: Any, seconds: float) -> None:
        ids = {} if request_id is None else {"request_id": request_id}
        await self.socket.send_bytes(msgpack.packb({**with_bytes(output), **ids}))
        timing = {"action": "timings", "timing": round(seconds, 4)}
        await self.socket.send_text(json.dumps({"type": "x-fal-message", **timing}))

    async def _send_error(self, kind: str, reason: str) -> None:
        error = {"type": "x-fal-error", "error": kind, "reason": reason}
        await self.socket.send_text(json.dumps(error))


def with_bytes(value: Any) -> Any:
    """Return an output with each file's bytes in `content` instead of a data URI in `url`."""
    if isinstance(value, list):
        return [with_bytes(item) for item in value]
    if not isinstance(value, dict):
        return value
    url = value.get("url")
    if isinstance(url, str) and url.startswith("data:"):
        other_fields = {name: item for name, item in value.items() if name != "url"}
        return {**other_fields, "content": b64decode(url.partition(",")[2])}
    return {name: with_bytes(item) for name, item in value.items()}
