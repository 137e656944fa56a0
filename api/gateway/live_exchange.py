"""Relays a live session's frames in both directions, and stores its results.

Inputs are sent one by one, at most as many per second as the settings allow; if too many are
waiting, the oldest are dropped, as fal does (protocol, section 8.2).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections

import fal
from api.fal_proxy import uploads
from api.http.reading import loads_posted
from core.db import transient_errors
from core.http.asgi import Message, Receive, Send
from fal import reading
from runs.files import inputs
from runs.files.own_addresses import with_own_paths
from runs.models import Run
from runs.realtime import sessions
from runs.realtime.sessions import LiveSession
from runs.start.refused_starts import StartRefused
from runs.worker.transports import cancellation
from schemas import exact

MAX_BUFFERED = 60
MAX_BUFFERED_BYTES = 4 << 20
MAX_NODES = 50_000  # values in an input
UNREADABLE = f"The input could not be read, or has more than {MAX_NODES:,} values."
MAX_ERROR_CHARS = 500
CANCELLED = "The session was ended on its run's page."
TIME_IS_OVER = "The session has reached its time limit; connect again for another one."
IDLE = {"type": "x-fal-error", "error": "TIMEOUT", "reason": "no inputs, reconnect when needed!"}
MODEL_ENDED = "The model has ended the session."
STOPPED = "The server was restarted."

log = logging.getLogger(__name__)


class Input(NamedTuple):
    """An input: the original frame, and the arguments in it."""

    frame: str | bytes
    arguments: dict[str, Any]


class LiveSocket:
    """The client's end of a session: queues its inputs and sends it frames."""

    def __init__(self, receive: Receive, send: Send, max_buffering: int | None) -> None:
        self.is_gone = False
        self._receive = receive
        self._send = send
        # Not decoded yet: a decoded frame takes up to a hundred times its size.
        self._waiting: deque[str | bytes] = deque(maxlen=max_buffering or MAX_BUFFERED)
        self._has_input = asyncio.Event()

    async def read(self) -> None:
        """Queue inputs until the client disconnects."""
        while (message := await self._receive())["type"] != "websocket.disconnect":
            text, data = message.get("text"), message.get("bytes")
            self._waiting.append(data if data is not None else text or "")
            while sum(map(len, self._waiting)) > MAX_BUFFERED_BYTES and len(self._waiting) > 1:
                self._waiting.popleft()
            self._has_input.set()
        self.is_gone = True
        self._has_input.set()

    async def next_input(self, idle_s: float) -> Input | None:
        """Return the next input; None if the client has disconnected, or was notified as idle.

        The client receives an error for each unreadable input.
        """
        while (frame := await self._next_frame(idle_s)) is not None:
            if (arguments := decode(frame)) is not None:
                return Input(frame, arguments)
            await self.send_error("BAD_REQUEST", UNREADABLE)
        return None

    async def _next_frame(self, idle_s: float) -> str | bytes | None:
        while not self._waiting:
            if self.is_gone:
                return None
            self._has_input.clear()
            try:
                async with asyncio.timeout(idle_s):
                    await self._has_input.wait()
            except TimeoutError:
                await self.send(json.dumps(IDLE))
                return None
        return self._waiting.popleft()

    async def send(self, frame: str | bytes) -> None:
        """Send a frame unchanged."""
        kind = "text" if isinstance(frame, str) else "bytes"
        await self._put({"type": "websocket.send", kind: frame})

    async def send_error(self, kind: str, reason: str) -> None:
        """Send an error in fal's format."""
        error = {"type": "x-fal-error", "error": kind, "reason": reason[:MAX_ERROR_CHARS]}
        await self.send(json.dumps(error))

    async def close(self) -> None:
        """Close the connection unless the client has."""
        await self._put({"type": "websocket.close", "code": 1000})
        self.is_gone = True

    async def _put(self, message: Message) -> None:
        if self.is_gone:
            return
        try:
            await self._send(message)
        except OSError:  # the client has just disconnected (ASGI, "Disconnected Client")
            self.is_gone = True
            self._has_input.set()


def decode(frame: str | bytes) -> dict[str, Any] | None:
    """Return the arguments in a frame: msgpack, or JSON as text; None if it is no object."""
    try:
        if isinstance(frame, str):
            message = loads_posted(frame, MAX_NODES)
        else:
            message = reading.unpack(frame, MAX_NODES)
    except ValueError:
        return None
    is_sound = isinstance(message, dict) and not exact.is_too_deep(message)
    return message if is_sound else None


async def exchange(
    live: LiveSession,
    first: Input,
    session: fal.Session,
    socket: LiveSocket,
    upstream: fal.Clients,
    origin: str = "",
) -> None:
    """Relay until the session is ended or its time is over; the run always ends with it.

    `origin` is the prefix of our files' addresses in the inputs.
    """
    passing = _Exchange(live, session, socket, upstream, origin)
    ends: list[Callable[[], Awaitable[str]]] = [
        live.renew,
        partial(_cancelled, live),
        passing.forward_results,
        partial(passing.send_inputs, first),
    ]
    tasks = [asyncio.ensure_future(end()) for end in ends]
    why, failure = STOPPED, None
    try:
        why = await sessions.first_result(tasks, TIME_IS_OVER)
    except StartRefused as refusal:  # no room in a budget for another result
        why = str(refusal)
        await socket.send_error("FORBIDDEN", why)
    except fal.FalError as error:
        why, failure = str(error), error
        await socket.send_error("INTERNAL_ERROR", why)
    except Exception as error:
        # A bug of ours; the run must end nevertheless.
        transient_errors.log_failure(log, error, "live session %s broke off", live.run.pk)
        why, failure = MODEL_ENDED, fal.FalError(MODEL_ENDED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.shield(live.end(why, failure))
    if why in {CANCELLED, TIME_IS_OVER, sessions.LOGGED_OUT, sessions.RUN_ENDED}:
        await socket.send_error("SESSION_ENDED", why)


async def _cancelled(live: LiveSession) -> str:
    await cancellation.wait_for_cancel(live.run.pk)
    return CANCELLED


class _Exchange:
    """The model's end of a session."""

    def __init__(
        self,
        live: LiveSession,
        session: fal.Session,
        socket: LiveSocket,
        upstream: fal.Clients,
        origin: str,
    ) -> None:
        self._origin = origin
        self._live = live
        self._session = session
        self._socket = socket
        self._upstream = upstream

    async def forward_results(self) -> str:
        """Store and forward every frame; returns why there are no more."""
        async for frame, message in self._session.frames():
            if isinstance(message, fal.RunFailed):
                self._live.record_failure(message)
            elif isinstance(message, dict):
                self._live.add_result(message)
            await self._socket.send(frame)
            await self._live.reserve_for_results()
        return MODEL_ENDED

    async def send_inputs(self, first: Input) -> str:
        """Send the inputs within the rate limit; returns why the session ended."""
        clock, pause_s = asyncio.get_running_loop().time, 1 / settings.LIVE_PICTURES_PER_S
        pending: Input | None = first
        while pending is not None:
            began = clock()
            if not await sync_to_async(self._live.is_owned)():
                return sessions.RUN_ENDED
            await self._send(pending)
            await asyncio.sleep(max(0.0, began + pause_s - clock()))
            pending = await self._socket.next_input(settings.LIVE_IDLE_S)
        return ""

    async def _send(self, pending: Input) -> None:
        run = self._live.run
        arguments = pending.arguments
        if self._origin:
            arguments = await sync_to_async(_with_our_files)(run, arguments)
        run.arguments = sessions.as_json(arguments)
        await self._live.reserve(run.arguments)
        resolved = await inputs.upload_inputs(run, self._upstream)
        has_files = resolved is not run.arguments
        self._live.note_sent(run.arguments, resolved if has_files else None)
        if has_files:
            await self._session.send(resolved)
        else:
            await self._session.send_frame(pending.frame)


def _with_our_files(run: Run, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return arguments with our files as paths, as in forms."""
    close_old_connections()
    return dict(with_own_paths(uploads.with_uploads(run.user, arguments)))
