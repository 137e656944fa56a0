"""HTTP over a WebSocket: start, parts of the body, end (protocol, section 8.3)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import aclosing, contextmanager, suppress
from typing import Any, NamedTuple

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
)
from websockets.exceptions import InvalidProxy as InvalidProxyAddress

from fal import bodies, reading
from fal.answers import Answer, rejection, run_failure
from fal.bodies import MAX_ANSWER_BYTES
from fal.endpoint_id import EndpointId
from fal.errors import FalError, Unreachable, Unreadable, UpstreamFailed
from fal.request import arguments_as_bytes
from fal.result import KEPT_BYTES, Result
from fal.storable import storable_text
from fal.stream import END_S, Partial, broken, results
from fal.wire import Wire, may_have_been_taken

OPEN_S = 10.0
PING_S = 20.0  # an upstream that no longer answers pings is gone, however long a model may think
CLOSE_S = 1.0
IDLE_S = 600.0  # as long as a synchronous run is waited for
_STILL_OPEN_OR_DONE = frozenset({None, 1000, 1001})


class WebSocket:
    """Runs a model over a connection of its own; closing it cancels the work."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def events(
        self,
        endpoint_id: str,
        arguments: Mapping[str, Any] | str,
        on_sent: Callable[[], Awaitable[None]] | None = None,
    ) -> AsyncGenerator[Partial | Result]:
        """As `Stream.events`: partials as they come, the Result last; asked for once.

        What had come of an output that broke off is the last Partial.
        """
        url = f"{self._wire.addresses.ws}/{EndpointId.parse(endpoint_id)}"
        connection = await opened(self._wire, url, self._wire.credentials(url))
        try:
            with _named_errors():
                await connection.send(arguments_as_bytes(arguments).decode())
            if on_sent:
                await on_sent()
            start = await _start(connection)
            if not 200 <= start.told.status < 300:
                refusal = await _refusal(self._wire, start, connection)
                self._wire.heard(url, refusal)
                raise refusal
            async with aclosing(_answer(connection, start, endpoint_id)) as found:
                async for one in found:
                    yield one
        finally:
            await connection.close()


async def _answer(
    connection: ClientConnection, start: _Start, endpoint_id: str
) -> AsyncGenerator[Partial | Result]:
    """What a successful answer tells; what had come of an output that broke off is the last Partial."""
    head = start.head
    came = _Body(is_kept=not bodies.is_stream(head.content_type))
    parts = _parts(connection, start.request_id, came)
    try:
        async with aclosing(results(head, parts, endpoint_id)) as found:
            async for one in found:
                yield one
    except Unreadable as error:
        # The id that all frames have vouches for nothing.
        error.is_unconfirmed = not start.told.request_id
        raise
    except (UpstreamFailed, Unreachable) as error:
        if came.pieces:
            yield Partial(came.so_far(), head.request_id)
        raise broken(head, error.message) from error


async def opened(wire: Wire, url: str, headers: Mapping[str, str]) -> ClientConnection:
    """An open connection; whatever goes wrong here, nothing has left."""
    try:
        connection = await _opened(wire, url, headers)
    except FalError as error:
        wire.heard(url, error)
        raise
    wire.heard(url, None)
    return connection


async def _opened(wire: Wire, url: str, headers: Mapping[str, str]) -> ClientConnection:
    try:
        return await _Connect(
            url,
            additional_headers=headers,
            user_agent_header="vitrine",
            open_timeout=OPEN_S,
            ping_interval=PING_S,
            ping_timeout=PING_S,
            close_timeout=CLOSE_S,
            max_size=MAX_ANSWER_BYTES,
            max_queue=64,
        )
    except InvalidStatus as error:
        answer = error.response
        told = {name.lower(): value for name, value in answer.headers.raw_items()}
        body = wire.without_key(bytes(answer.body or b""))
        raise rejection(Answer(answer.status_code, told, body)) from error
    except (InvalidURI, InvalidHandshake, InvalidProxyAddress, OSError, EOFError) as error:
        words = str(error) or type(error).__name__
        raise Unreachable(f"fal cannot be reached: {words}") from error


class _Connect(connect):
    """A connection to this address and no other: an answer that leads elsewhere is a refusal."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class _Start(NamedTuple):
    """How an answer begins: its frames' id, and its head as fal told it."""

    request_id: str
    told: Answer

    @property
    def head(self) -> Answer:
        """The head with the request's id, wherever it stood."""
        headers = {"x-fal-request-id": self.request_id, **self.told.headers}
        return self.told._replace(headers=headers)


async def _start(connection: ClientConnection) -> _Start:
    """The answer's head, once fal has it; messages that say something else are passed over."""
    while True:
        said = _metadata(await _frame(connection, IDLE_S))
        if said and said["type"] == "start":
            headers = {
                name.lower(): value
                for name, value in reading.as_mapping(said.get("headers")).items()
                if isinstance(value, str)
            }
            told = Answer(reading.integer(said, "status") or 200, headers, b"")
            return _Start(reading.text(said, "request_id"), told)


class _Body:
    """What came of an answer. One that is read as it comes, a stream of events, is not kept."""

    def __init__(self, *, is_kept: bool = False) -> None:
        self.pieces: list[bytes] = []
        self._is_kept = is_kept

    def add(self, piece: bytes) -> None:
        """Keep the next piece of it."""
        if self._is_kept:
            self.pieces.append(piece)

    def is_whole(self) -> bool:
        """Whether nothing of it is missing: a JSON object or array, a text, from end to end."""
        last = next((one for one in reversed(self.pieces) if one.strip()), b"").rstrip()
        if not last.endswith((b"}", b"]", b'"')):
            return False  # told without reading all of a long answer
        with suppress(UpstreamFailed):
            reading.parse(b"".join(self.pieces))
            return True
        return False

    def so_far(self) -> Any:
        """It as JSON where it is that, else the beginning of its text."""
        if self.is_whole():
            return reading.parse(b"".join(self.pieces))
        return storable_text(b"".join(self.pieces)[:KEPT_BYTES].decode("utf-8", "replace"))


async def _parts(
    connection: ClientConnection, request_id: str, came: _Body
) -> AsyncGenerator[bytes]:
    """The body's pieces up to the end that belongs to this start; they are kept in `came`.

    A whole body has come to its end, too, where fal closes the connection in the proper way or
    says nothing more: the end frame says nothing that the answer lacks.
    """
    while (frame := await _next(connection, came)) is not None:
        said = _metadata(frame)
        if said is None or said["request_id"] != request_id:
            piece = frame.encode() if isinstance(frame, str) else frame
            came.add(piece)
            yield piece
        elif said["type"] == "end":
            return


async def _next(connection: ClientConnection, came: _Body) -> str | bytes | None:
    """The next frame; None where none comes for a while, or any more, and none is missing."""
    soon_s = min(END_S, IDLE_S)
    with suppress(Unreachable):  # a connection that is closed says so again
        return await _frame(connection, soon_s)
    if connection.close_code in _STILL_OPEN_OR_DONE and came.is_whole():
        return None
    return await _frame(connection, IDLE_S - soon_s)


async def _frame(connection: ClientConnection, limit_s: float) -> str | bytes:
    with _named_errors():
        async with asyncio.timeout(limit_s):
            return await connection.recv()


@contextmanager
def _named_errors() -> Generator[None]:
    """Turns what befalls an open connection into Unreachable: what was sent may be at work."""
    try:
        yield
    except (ConnectionClosed, TimeoutError) as error:
        is_open = isinstance(error, TimeoutError)
        words = "keeps the connection and says nothing" if is_open else "closed the connection"
        raise Unreachable(f"fal {words}.", sent=True, is_unconfirmed=True) from error


async def _refusal(wire: Wire, start: _Start, connection: ClientConnection) -> FalError:
    """What an unsuccessful answer means. Every frame has an id: only a header's vouches for the model."""
    came = _Body(is_kept=True)
    async with aclosing(_parts(connection, start.request_id, came)) as parts:
        async for _ in parts:
            pass
    body = b"".join(came.pieces)
    error = run_failure(start.told._replace(content=wire.without_key(body)))
    error.is_unconfirmed = may_have_been_taken(error)
    error.request_id = error.request_id or start.request_id
    return error


def _metadata(frame: str | bytes) -> reading.Json | None:
    """A frame that is about the answer: text, an object with a type and a request id."""
    if not isinstance(frame, str) or not frame.lstrip().startswith("{"):
        return None
    try:
        said = reading.as_mapping(reading.parse(frame))
    except UpstreamFailed:
        return None
    is_metadata = reading.text(said, "type") and reading.text(said, "request_id")
    return said if is_metadata else None
