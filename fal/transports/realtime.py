"""Realtime sessions: inputs and results over one WebSocket (protocol, section 8.2)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any

import msgpack
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from fal import reading
from fal.errors import AuthFailed, RunFailed, Unreachable, UpstreamFailed
from fal.http.wire import Wire
from fal.messages.endpoint_id import EndpointId
from fal.transports.websocket import open_connection

PATH_SUFFIX = "/realtime"
IDLE_MESSAGE = "TIMEOUT"
UNAUTHORIZED = "Unauthorized"
MAX_NODES = 500_000  # values in a result
# What a frame means: a result, an error, TIMEOUT, or None for other control messages.
Message = dict[str, Any] | RunFailed | str | None


class Realtime:
    """Opens sessions with the key in the handshake, so that no token leaves this process."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @asynccontextmanager
    async def session(
        self, endpoint_id: str, max_buffering: int | None = None
    ) -> AsyncIterator[Session]:
        """Opens a session with a model; raises Unreachable or RequestRejected.

        If more than `max_buffering` inputs wait, fal drops the oldest.
        """
        text = str(EndpointId.parse(endpoint_id))
        url = f"{self._wire.addresses.run}/{text.removesuffix(PATH_SUFFIX)}{PATH_SUFFIX}"
        if max_buffering is not None:
            url += f"?max_buffering={max_buffering}"
        headers = self._wire.credentials(url)
        connection = await open_connection(self._wire, url.replace("http", "ws", 1), headers)
        try:
            yield Session(connection)
        finally:
            await connection.close()


class Session:
    """One open session."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, arguments: Mapping[str, Any]) -> None:
        """Sends an input; raises Unreachable if the session has ended."""
        await self.send_frame(msgpack.packb(arguments))

    async def send_frame(self, frame: str | bytes) -> None:
        """Sends an input that is encoded already; raises Unreachable if the session has ended."""
        try:
            await self._connection.send(frame)
        except ConnectionClosed as error:
            raise Unreachable("fal ended the session.", sent=True) from error

    async def results(self) -> AsyncGenerator[dict[str, Any] | RunFailed]:
        """Yields every result; a rejected input is yielded as RunFailed.

        Ends when fal's idle timeout closes the session; raises Unreachable if it breaks off.
        """
        async with aclosing(self.frames()) as frames:
            async for _, message in frames:
                if isinstance(message, dict | RunFailed):
                    yield message

    async def frames(self) -> AsyncGenerator[tuple[str | bytes, Message]]:
        """Yields every frame as fal sent it, and what it means; ends and raises as `results`."""
        try:
            async for frame in self._connection:
                message = _parse_frame(frame)
                yield frame, message
                if message == IDLE_MESSAGE:
                    return
        except ConnectionClosed as error:
            raise Unreachable("fal ended the session.", sent=True) from error


def _parse_frame(frame: str | bytes) -> Message:
    """A frame as a result, an error, TIMEOUT, or None for other control messages."""
    if isinstance(frame, bytes):
        try:
            payload = reading.unpack(frame, MAX_NODES)
            return payload if isinstance(payload, dict) else {"value": payload}
        except ValueError as error:
            raise UpstreamFailed("fal's answer is not readable msgpack.") from error
    try:
        message = dict(reading.as_mapping(reading.parse(frame)))
    except UpstreamFailed:
        return {"text": frame}  # plain text is a result, as in fal's own client
    kind, code = reading.text(message, "type"), reading.text(message, "error")
    if kind == "x-fal-error":
        if code == IDLE_MESSAGE:
            return IDLE_MESSAGE
        reason = reading.text(message, "reason")
        return RunFailed(reason or code, type=code, detail=reason)
    if message.get("status") == "error":
        if code == UNAUTHORIZED:
            raise AuthFailed("fal refused the session.", status=401)
        return RunFailed(code or "The model refused the input.", type=code or None)
    return None if kind == "x-fal-message" else message
