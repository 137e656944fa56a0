"""Runs over a WebSocket: a start message, body frames, an end message (protocol, 8.3)."""

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

from fal import reading
from fal.db_safe import db_safe_text
from fal.errors import FalError, Unreachable, Unreadable, UpstreamFailed, certificate_advice
from fal.http import bodies
from fal.http.answers import Answer, rejection, run_failure
from fal.http.failed_submits import SubmitPhase, judged, phase_of
from fal.http.limits import Limits
from fal.http.wire import Wire
from fal.messages.endpoint_id import EndpointId
from fal.messages.request import arguments_as_bytes
from fal.messages.result import MAX_KEPT_BYTES, Result
from fal.transports.stream import Partial, broken_stream, results

OPEN_S = 10.0
PING_S = 20.0  # detects a dead upstream even while a model works silently for minutes
CLOSE_S = 1.0
_STILL_OPEN_OR_DONE = frozenset({None, 1000, 1001})


class WebSocket:
    """Runs a model over its own WebSocket; closing the connection cancels the run."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def events(
        self,
        endpoint_id: str,
        arguments: Mapping[str, Any] | str,
        on_sent: Callable[[], Awaitable[None]] | None = None,
    ) -> AsyncGenerator[Partial | Result]:
        """As `Stream.events`: yields partials and last the Result. Never retried.

        If an output breaks off, the last Partial contains what was received.
        """
        url = f"{self._wire.addresses.ws}/{EndpointId.parse(endpoint_id)}"
        connection = await open_connection(self._wire, url, self._wire.credentials(url))
        limits = self._wire.limits
        try:
            with _translate_errors():
                await connection.send(arguments_as_bytes(arguments).decode())
            if on_sent:
                await on_sent()
            start = await _read_start(connection, limits)
            if not 200 <= start.answer.status < 300:
                refusal = await _read_refusal(self._wire, start, connection)
                self._wire.record_outcome(url, refusal)
                raise refusal
            async with aclosing(_read_answer(connection, start, endpoint_id, limits)) as updates:
                async for update in updates:
                    yield update
        finally:
            await connection.close()


async def _read_answer(
    connection: ClientConnection, start: _Start, endpoint_id: str, limits: Limits
) -> AsyncGenerator[Partial | Result]:
    """Yield the updates of a successful response; if it breaks off, last the part received."""
    head = start.head
    body = _Body(is_kept=not bodies.is_stream(head.content_type))
    parts = _read_body(connection, start.request_id, body, limits)
    try:
        async with aclosing(results(head, parts, endpoint_id, limits)) as updates:
            async for update in updates:
                yield update
    except Unreadable as error:
        # Every frame has an id; only one in the headers shows that the response is fal's own.
        judged(error, SubmitPhase.ACCEPTED, has_request_id=bool(start.answer.request_id))
        raise
    except (UpstreamFailed, Unreachable) as error:
        if body.pieces:
            yield Partial(body.partial_value(), head.request_id)
        raise broken_stream(head, error.message) from error


async def open_connection(wire: Wire, url: str, headers: Mapping[str, str]) -> ClientConnection:
    """An open connection. If opening fails, no arguments have been sent."""
    with wire.observed(url):
        return await _connect(wire, url, headers)


async def _connect(wire: Wire, url: str, headers: Mapping[str, str]) -> ClientConnection:
    try:
        return await _DirectConnection(
            url,
            additional_headers=headers,
            user_agent_header="vitrine",
            open_timeout=OPEN_S,
            ping_interval=PING_S,
            ping_timeout=PING_S,
            close_timeout=CLOSE_S,
            max_size=wire.limits.max_answer_bytes,
            max_queue=4,  # each up to max_size
        )
    except InvalidStatus as error:
        response = error.response
        fields = {name.lower(): value for name, value in response.headers.raw_items()}
        body = wire.without_key(bytes(response.body or b""))
        raise rejection(Answer(response.status_code, fields, body)) from error
    except (InvalidURI, InvalidHandshake, InvalidProxyAddress, OSError, EOFError) as error:
        reason = str(error) or type(error).__name__
        advice = certificate_advice(error)
        raise Unreachable(f"fal cannot be reached: {reason}{advice}") from error


class _DirectConnection(connect):
    """A connection that treats a redirect as a refusal, so that the key goes nowhere else."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class _Start(NamedTuple):
    """The start message: the id in all frames, and the response's status and headers."""

    request_id: str
    answer: Answer

    @property
    def head(self) -> Answer:
        """The response without its body; the frames' id fills in a missing request id header."""
        headers = {"x-fal-request-id": self.request_id, **self.answer.headers}
        return self.answer._replace(headers=headers)


async def _read_start(connection: ClientConnection, limits: Limits) -> _Start:
    """Waits for the start message; skips other messages."""
    while True:
        message = _control_message(await _receive(connection, limits.idle_s))
        if message and message["type"] == "start":
            headers = {
                name.lower(): value
                for name, value in reading.as_mapping(message.get("headers")).items()
                if isinstance(value, str)
            }
            answer = Answer(reading.integer(message, "status") or 200, headers, b"")
            return _Start(reading.text(message, "request_id"), answer)


class _Body:
    """The body received so far. An event stream is not kept: its events are read at once."""

    def __init__(self, *, is_kept: bool = False) -> None:
        self.pieces: list[bytes] = []
        self._is_kept = is_kept

    def add(self, piece: bytes) -> None:
        """Append a piece."""
        if self._is_kept:
            self.pieces.append(piece)

    def is_complete(self) -> bool:
        """Whether it is a complete JSON object, array or text."""
        last = next((piece for piece in reversed(self.pieces) if piece.strip()), b"").rstrip()
        if not last.endswith((b"}", b"]", b'"')):
            return False  # avoids parsing a long incomplete body
        with suppress(UpstreamFailed):
            reading.parse(b"".join(self.pieces))
            return True
        return False

    def partial_value(self) -> Any:
        """The body as JSON if it is complete, else the start of its text."""
        if self.is_complete():
            return reading.parse(b"".join(self.pieces))
        return db_safe_text(b"".join(self.pieces)[:MAX_KEPT_BYTES].decode("utf-8", "replace"))


async def _read_body(
    connection: ClientConnection, request_id: str, body: _Body, limits: Limits
) -> AsyncGenerator[bytes]:
    """Yields the body's pieces up to the end message of this request, and adds them to `body`.

    A complete body also ends if fal closes the connection normally or goes silent: the end message
    carries no further data.
    """
    while (frame := await _next_frame(connection, body, limits)) is not None:
        message = _control_message(frame)
        if message is None or message["request_id"] != request_id:
            piece = frame.encode() if isinstance(frame, str) else frame
            body.add(piece)
            yield piece
        elif message["type"] == "end":
            return


async def _next_frame(
    connection: ClientConnection, body: _Body, limits: Limits
) -> str | bytes | None:
    """The next frame; None if none comes for `limits.end_s` and the body is complete."""
    short_s = min(limits.end_s, limits.idle_s)
    with suppress(Unreachable):  # a closed connection raises it again below
        return await _receive(connection, short_s)
    if connection.close_code in _STILL_OPEN_OR_DONE and body.is_complete():
        return None
    return await _receive(connection, limits.idle_s - short_s)


async def _receive(connection: ClientConnection, limit_s: float) -> str | bytes:
    with _translate_errors():
        async with asyncio.timeout(limit_s):
            return await connection.recv()


@contextmanager
def _translate_errors() -> Generator[None]:
    """Turns errors of an open connection into Unreachable: the run may be in progress."""
    try:
        yield
    except (ConnectionClosed, TimeoutError) as error:
        is_open = isinstance(error, TimeoutError)
        behaviour = "keeps the connection and says nothing" if is_open else "closed the connection"
        failure = Unreachable(f"fal {behaviour}.", sent=True)
        raise judged(failure, SubmitPhase.UNANSWERED) from error


async def _read_refusal(wire: Wire, start: _Start, connection: ClientConnection) -> FalError:
    """The error of an unsuccessful response.

    `run_failure` gets only the header's request id: the frames always have one, so theirs does not
    show that the error is the model's.
    """
    body = _Body(is_kept=True)
    async with aclosing(_read_body(connection, start.request_id, body, wire.limits)) as parts:
        async for _ in parts:
            pass
    content = wire.without_key(b"".join(body.pieces))
    error = run_failure(start.answer._replace(content=content))
    judged(error, phase_of(error))
    error.request_id = error.request_id or start.request_id
    return error


def _control_message(frame: str | bytes) -> reading.Json | None:
    """The frame as a control message, a JSON object with type and request id; else None."""
    if not isinstance(frame, str) or not frame.lstrip().startswith("{"):
        return None
    try:
        message = reading.as_mapping(reading.parse(frame))
    except UpstreamFailed:
        return None
    is_control = reading.text(message, "type") and reading.text(message, "request_id")
    return message if is_control else None
