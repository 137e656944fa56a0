"""`/realtime` of the run host: a live session, msgpack in and out, control messages as JSON text."""

import asyncio
import json
import time
from base64 import b64decode
from collections import deque
from typing import Any

import msgpack
from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.engine import Request
from sandbox.faults import reply
from sandbox.hosts.web import Refused, demand_key
from sandbox.registry import Model
from sandbox.state import Sandbox

SUFFIX = "/realtime"
MOST_WAITING = 60
IDLE = {"type": "x-fal-error", "error": "TIMEOUT", "reason": "no inputs, reconnect when needed!"}


async def serve(socket: WebSocket, sandbox: Sandbox) -> None:
    """One session: an answer for each input, until the caller hangs up or is silent for long."""
    sandbox.calls["realtime"] += 1
    endpoint_id = socket.path_params["path"].strip("/")
    while endpoint_id.endswith(SUFFIX):  # fal-client adds it even where it is there already
        endpoint_id = endpoint_id.removesuffix(SUFFIX)
    model = sandbox.registry.get(endpoint_id)
    try:
        demand_key(socket, sandbox, "run")
        if model is None or not model.live:
            raise Refused(reply({"detail": f"Path {SUFFIX} not found"}, 404))
    except Refused as refusal:
        return await socket.send_denial_response(refusal.response)
    await socket.accept()
    try:
        await _Session(socket, sandbox, model).run()
    except WebSocketDisconnect:
        return None


class _Session:
    """Inputs wait in a short line in which newer ones push out the oldest (8.2)."""

    def __init__(self, socket: WebSocket, sandbox: Sandbox, model: Model) -> None:
        self.socket = socket
        self.sandbox = sandbox
        self.model = model
        asked = socket.query_params.get("max_buffering", "")
        most = int(asked) if asked.isdecimal() else MOST_WAITING
        self.waiting: deque[Any] = deque(maxlen=min(max(most, 1), MOST_WAITING))
        self.news = asyncio.Event()
        self.is_gone = False

    async def run(self) -> None:
        reading = asyncio.create_task(self._read())
        try:
            while await self._has_input():
                await self._answer(self.waiting.popleft())
        finally:
            reading.cancel()

    async def _has_input(self) -> bool:
        while not self.waiting:
            if self.is_gone:
                return False
            self.news.clear()
            try:
                async with asyncio.timeout(self.sandbox.config.live_idle_s):
                    await self.news.wait()
            except TimeoutError:
                await self.socket.send_text(json.dumps(IDLE))
                await self.socket.close(1000)
                return False
        return True

    async def _read(self) -> None:
        while (message := await self.socket.receive())["type"] != "websocket.disconnect":
            raw, text = message.get("bytes"), message.get("text")
            self.waiting.append(raw if raw is not None else text)
            self.news.set()
        self.is_gone = True
        self.news.set()

    async def _answer(self, raw: bytes | str) -> None:
        try:
            arguments = json.loads(raw) if isinstance(raw, str) else msgpack.unpackb(raw)
        except (ValueError, msgpack.UnpackException):
            await self._tell_error("BAD_REQUEST", "The input could not be read")
        else:
            await self._work(arguments)

    async def _work(self, arguments: Any) -> None:
        name = arguments.pop("request_id", None) if isinstance(arguments, dict) else None
        request = Request(self.model, arguments, wants_inline=True, is_live=True)
        began = time.perf_counter()
        if not self.sandbox.engine.start(request):
            await self._tell_error("TOO_MANY_REQUESTS", "Too many requests in progress")
            return
        try:
            await request.over()
        finally:
            self.sandbox.engine.cancel(request)
        if request.failure is not None:
            reason = json.dumps(request.failure.body()["detail"])
            await self._tell_error("INTERNAL_ERROR", reason)
        else:
            await self._tell(request.output, name, time.perf_counter() - began)

    async def _tell(self, output: Any, name: Any, seconds: float) -> None:
        named = {} if name is None else {"request_id": name}
        await self.socket.send_bytes(msgpack.packb({**with_bytes(output), **named}))
        timing = {"action": "timings", "timing": round(seconds, 4)}
        await self.socket.send_text(json.dumps({"type": "x-fal-message", **timing}))

    async def _tell_error(self, kind: str, reason: str) -> None:
        error = {"type": "x-fal-error", "error": kind, "reason": reason}
        await self.socket.send_text(json.dumps(error))


def with_bytes(value: Any) -> Any:
    """An output with each file's bytes in `content` instead of a data URI in `url`."""
    if isinstance(value, list):
        return [with_bytes(item) for item in value]
    if not isinstance(value, dict):
        return value
    url = value.get("url")
    if isinstance(url, str) and url.startswith("data:"):
        rest = {name: item for name, item in value.items() if name != "url"}
        return {**rest, "content": b64decode(url.partition(",")[2])}
    return {name: with_bytes(item) for name, item in value.items()}
