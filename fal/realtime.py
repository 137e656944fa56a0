"""Live sessions: inputs one way, results the other, over one connection (protocol, section 8.2)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgpack
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from fal import reading
from fal.endpoint_id import EndpointId
from fal.errors import AuthFailed, RunFailed, Unreachable, UpstreamFailed
from fal.websocket import opened
from fal.wire import Wire

SUFFIX = "/realtime"
IDLE = "TIMEOUT"
UNAUTHORIZED = "Unauthorized"


class Realtime:
    """Opens sessions with the key in the handshake: no token leaves this process."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @asynccontextmanager
    async def session(self, endpoint_id: str) -> AsyncIterator[Session]:
        """A session with a model. Raises Unreachable or RequestRejected where there is none."""
        text = str(EndpointId.parse(endpoint_id))
        url = f"{self._wire.addresses.run}/{text.removesuffix(SUFFIX)}{SUFFIX}"
        headers = self._wire.credentials(url)
        connection = await opened(self._wire, url.replace("http", "ws", 1), headers)
        try:
            yield Session(connection)
        finally:
            await connection.close()


class Session:
    """An open session."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, arguments: Mapping[str, Any]) -> None:
        """Hand an input over; raises Unreachable where the session has ended."""
        try:
            await self._connection.send(msgpack.packb(arguments))
        except ConnectionClosed as error:
            raise Unreachable("fal ended the session.", sent=True) from error

    async def results(self) -> AsyncGenerator[dict[str, Any] | RunFailed]:
        """Every result, a refused input as the RunFailed that it is; ends when fal has waited for long, or leaves."""
        try:
            async for frame in self._connection:
                told = _read(frame)
                if told == IDLE:
                    return
                if isinstance(told, dict | RunFailed):
                    yield told
        except ConnectionClosed as error:
            raise Unreachable("fal ended the session.", sent=True) from error


def _read(frame: str | bytes) -> dict[str, Any] | RunFailed | str | None:
    """What a frame says: a result, a refusal, TIMEOUT, or nothing of interest."""
    if isinstance(frame, bytes):
        try:
            found = msgpack.unpackb(frame, strict_map_key=False)
            return found if isinstance(found, dict) else {"value": found}
        except (ValueError, msgpack.UnpackException) as error:
            raise UpstreamFailed("fal's answer is not readable msgpack.") from error
    try:
        told = dict(reading.as_mapping(reading.parse(frame)))
    except UpstreamFailed:
        return {"text": frame}  # as fal's own client takes it: a text is a result too
    kind, word = reading.text(told, "type"), reading.text(told, "error")
    if kind == "x-fal-error":
        reason = reading.text(told, "reason")
        return IDLE if word == IDLE else RunFailed(reason or word, type=word, detail=reason)
    if told.get("status") == "error":
        if word == UNAUTHORIZED:
            raise AuthFailed("fal refused the session.", status=401)
        return RunFailed(word or "The model refused the input.", type=word or None)
    return None if kind == "x-fal-message" else told
