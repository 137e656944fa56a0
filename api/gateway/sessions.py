"""Live sessions of fal's clients: frames are relayed unchanged, the results stored in a run.

The address is fal's with our host: `…/<endpoint id>/realtime`, with a token of ours in
`fal_jwt_token`, or with an API token in the handshake (protocol, section 8.2). The limits of
pages' live sessions apply: duration, rate, number.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import close_old_connections

import fal
from api import tokens
from api.fal_proxy.tickets import LiveToken
from api.gateway.live_exchange import LiveSocket, exchange
from api.http.authentication import KINDS, shut_out
from api.models import Token
from api.reach import PARAMETER, reach_of
from catalog.models import Endpoint
from core.http.asgi import Message, Receive, Send
from fal.errors import InvalidEndpointId
from fal.messages.endpoint_id import EndpointId
from runs.realtime import relay, sessions
from runs.realtime.limits import LIVE_LIMITS
from runs.realtime.sessions import LiveSession
from runs.realtime.tickets import Ticket
from runs.start import confirmation, refused_starts, transport_choices
from runs.state import state_machine
from runs.state.locked_update import retry_until_committed

SUFFIX = "/realtime"
RUN_PREFIX = "/api/fal/run"  # present if FAL_RUN_HOST contains our address
STOP_TIMEOUT_S = 2.0
DENIALS = {401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 429: "TOO_MANY_SESSIONS"}
MAX_CLOSE_BYTES = 123  # of a reason (RFC 6455, 5.5)

log = logging.getLogger(__name__)


def is_session(path: str) -> bool:
    """Whether a WebSocket's path has fal's format, not that of a page's live session."""
    return path.rstrip("/").endswith(SUFFIX) and bool(endpoint_id(path))


def endpoint_id(path: str) -> str:
    """Return the model in a path, which may begin like REALTIME_URL; empty if there is none."""
    for prefix in (urlsplit(settings.REALTIME_URL).path, RUN_PREFIX):
        if prefix and path.startswith(f"{prefix}/"):
            path = path.removeprefix(prefix)
    path = path.strip("/")
    while path.endswith(SUFFIX):  # fal-client appends it even if it is there already
        path = path.removesuffix(SUFFIX)
    return path


@dataclass(frozen=True)
class ProxyTicket(Ticket):
    """A session's user, by an API token or a login; the session ends with either."""

    by: LiveToken | None = None
    is_of_program: ClassVar[bool] = True

    @property
    def token_id(self) -> int | None:
        """The key of the token; None for a login."""
        return self.by.token_id if self.by else None

    @property
    def is_logged_out(self) -> bool:
        """Whether the token was revoked or the login has ended."""
        return self.by is not None and self.by.is_revoked


@dataclass(frozen=True)
class Admission:
    """The data of a session that may start."""

    ticket: ProxyTicket
    token_name: str
    endpoint: Endpoint
    max_buffering: int | None


class Denied(Exception):
    """The session is refused, with the reason of this HTTP status."""

    def __init__(self, status: int, detail: str) -> None:
        self.status = status
        super().__init__(detail)


class LiveSessions:
    """The open sessions of fal's clients."""

    def __init__(self, upstream: fal.Clients, name: str) -> None:
        self._upstream = upstream
        self._name = name
        self._open: dict[asyncio.Task[Any], int] = {}  # with the user's id

    async def serve(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        await receive()
        try:
            admitted = await sync_to_async(_admit)(scope)
            self._require_room(admitted.ticket.user_id)
        except Denied as denied:
            return await _deny(send, denied)
        await send({"type": "websocket.accept"})
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  every connection has one
        self._open[task] = admitted.ticket.user_id
        socket = LiveSocket(receive, send, admitted.max_buffering)
        try:
            with suppress(asyncio.CancelledError):  # the server stops; the run has ended
                await self._session(admitted, socket)
            await socket.close()
        finally:
            del self._open[task]
        return None

    async def stop(self) -> None:
        """End all sessions and their runs."""
        open_tasks = list(self._open)
        for task in open_tasks:
            task.cancel()
        if open_tasks:
            await asyncio.wait(open_tasks, timeout=STOP_TIMEOUT_S)

    def _require_room(self, person: int) -> None:
        open_sessions = list(self._open.values())
        is_full = len(open_sessions) >= LIVE_LIMITS.sessions
        if is_full or open_sessions.count(person) >= LIVE_LIMITS.sessions_each:
            raise Denied(429, relay.NO_ROOM)

    async def _session(self, admitted: Admission, socket: LiveSocket) -> None:
        endpoint, reading = admitted.endpoint, asyncio.create_task(socket.read())
        try:
            upstream = self._upstream
            live_session = upstream.realtime.session(endpoint.endpoint_id, admitted.max_buffering)
            async with live_session as session:
                if (first := await socket.next_input(settings.LIVE_IDLE_S)) is None:
                    return
                live = await LiveSession.begin(
                    admitted.ticket,
                    endpoint,
                    first.arguments,
                    self._name,
                    max_waiting=admitted.max_buffering or sessions.MAX_WAITING,
                )
                note = (live.run.pk, "proxy", admitted.token_name)
                await retry_until_committed(state_machine.note_event, *note)
                by = admitted.ticket.by
                origin = by.origin if by else ""
                await exchange(live, first, session, socket, upstream, origin)
        except (fal.FalError, sessions.SessionLimitReached, refused_starts.StartRefused) as error:
            log.info("live session with %s ended: %s", endpoint.endpoint_id, error)
            await socket.send_error("INTERNAL_ERROR", str(error))
        finally:
            reading.cancel()


def _admit(scope: Message) -> Admission:
    """Return the admission of a caller to a session with a model; raises Denied."""
    close_old_connections()
    query = parse_qs(scope["query_string"].decode("latin-1"))
    by, name = _caller(scope, query)
    model = endpoint_id(scope["path"])
    try:
        alias = EndpointId.parse(model).alias
    except InvalidEndpointId:
        alias = ""
    if by.aliases and alias not in by.aliases:
        raise Denied(403, "This token is for other apps.")
    same_model = Endpoint.objects.filter(endpoint_id__in=[model, model + SUFFIX])
    endpoint = same_model.order_by("endpoint_id").first()
    if endpoint is None or not transport_choices.is_live(endpoint):
        raise Denied(404, "This model has no live sessions here.")
    if endpoint.refusal:
        raise Denied(403, endpoint.refusal)
    buffering = query.get("max_buffering", [""])[-1]
    is_number = buffering.isascii() and buffering.isdecimal() and len(buffering) < 4
    limit = min(max(int(buffering), 1), 60) if is_number else None
    ticket = ProxyTicket(
        by.user_id, model, project_id=by.project_id, confirmation=by.confirmation, by=by
    )
    return Admission(ticket, name, endpoint, limit)


def _caller(scope: Message, query: dict[str, list[str]]) -> tuple[LiveToken, str]:
    """Return the caller's credentials, and the API token's name; raises Denied."""
    if text := query.get("fal_jwt_token", [""])[-1]:
        by = LiveToken.verify(text)
        if by is None or by.is_revoked:
            raise Denied(401, "Send a valid token as fal_jwt_token.")
        token_row = Token.objects.filter(pk=by.token_id).first() if by.token_id else None
        return by, token_row.name if token_row else ""
    headers = dict(scope.get("headers", ()))
    kind, _, secret = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    token = tokens.authenticate(secret.strip()) if kind.lower() in KINDS else None
    if token is None or tokens.RUN not in token.scope_list:
        raise Denied(401, "Send an API token with the scope “run” as `Authorization: Key …`.")
    if token.is_shut_out:
        raise Denied(403, shut_out(token))
    try:
        project = reach_of(token.user, token, query.get(PARAMETER, [""])[-1]).require_maker()
    except PermissionDenied as denied:
        raise Denied(403, str(denied)) from denied
    header = headers.get(confirmation.HEADER.lower().encode(), b"").decode("latin-1")
    return LiveToken(token.user_id, token.pk, "", "", (), project.pk, header), token.name


async def _deny(send: Send, denied: Denied) -> None:
    """Accept the handshake, send the reason of the refusal in fal's format, and close.

    Clients cannot read the answer to a failed handshake: fal's then says "Unknown error 500".
    """
    reason = str(denied)
    error = {"type": "x-fal-error", "error": DENIALS[denied.status], "reason": reason}
    close = {"code": 1008, "reason": reason.encode()[:MAX_CLOSE_BYTES].decode(errors="ignore")}
    log.info("a live session was refused: %s", reason)
    with suppress(OSError):  # the client has just disconnected
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": json.dumps(error)})
        await send({"type": "websocket.close", **close})
