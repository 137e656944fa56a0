"""Long polls for the feedback on a share, answered before Django and without a thread.

A page asks `/shares/live/?watch=<token>&after=<version>&item=<number>`, where `item` is the
number of the open item. As soon as the share has a newer version, the answer has the changed parts
of the page (`parts.py`); after `HOLD_S` seconds it is empty (204). 410 says that the share has
ended, 403 that its audience or password has changed, or that the user has lost access.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import parse_qs

from django.contrib.auth.models import User
from django.db import DatabaseError

from accounts.sessions.cache import SessionCache, session_key
from core.db import transient_errors
from core.db.threads import in_thread
from core.http.asgi import JSON, Receive, Scope, Send, respond
from core.live.broker import Broker
from core.live.tokens import ANYBODY
from features.sharing import access
from features.sharing.live import parts, watch_tokens
from features.sharing.live.pages import NewsOfShare
from features.sharing.live.parts import SharePage
from features.sharing.live.watch_tokens import Watch
from features.sharing.models import Share

PATH = "/shares/live/"
HOLD_S = 8.0
MAX_QUERY_BYTES = 2000
MAX_NUMBER = 10**9

log = logging.getLogger(__name__)


class BadPoll(ValueError):
    """The address is not a valid poll."""


class SharePolls:
    """The ASGI application for these polls; 503 until the web process has started."""

    def __init__(
        self,
        broker: Callable[[], Broker | None],
        sessions: SessionCache,
        *,
        hold_s: float = HOLD_S,
    ) -> None:
        self._broker = broker
        self._sessions = sessions
        self._hold_s = hold_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one poll."""
        broker = self._broker()
        if scope["method"] != "GET" or broker is None:
            return await _respond(send, HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            watch, after, item = _parse(scope["query_string"])
            await self._poll(broker, watch, after, item, session_key(scope["headers"]), send)
        except BadPoll:
            await _respond(send, HTTPStatus.FORBIDDEN)
        except DatabaseError as error:
            transient_errors.log_failure(log, error, "a poll could not read its share")
            await _respond(send, HTTPStatus.SERVICE_UNAVAILABLE)
        return None

    async def _poll(
        self, broker: Broker, watch: Watch, after: int, item: int, session: str, send: Send
    ) -> None:
        topic = NewsOfShare(watch.share, after, watch.stamp, broker)
        state = await broker.wait(topic, 0.0 if watch.token.is_old else self._hold_s)
        if state and state.is_over:
            return await _respond(send, HTTPStatus.GONE)
        is_admitted = state is None or state.stamp == watch.stamp
        if not is_admitted or not await self._is_admitted(watch, session):
            return await _respond(send, HTTPStatus.FORBIDDEN)
        new_token = watch_tokens.renewed(watch)
        if state is None and not new_token:
            is_ending = broker.is_shutting_down
            status = HTTPStatus.SERVICE_UNAVAILABLE if is_ending else HTTPStatus.NO_CONTENT
            return await _respond(send, status)
        shown_page = SharePage(watch.share, watch.role, item)
        body = await parts.body(shown_page, after, state.version if state else after)
        return await _respond(send, HTTPStatus.OK, body, new_token)

    async def _is_admitted(self, watch: Watch, session: str) -> bool:
        """Whether the token's user still has the right that it names; no query for guests."""
        if watch.token.whose == ANYBODY:
            return True
        person = await self._sessions.get_user(session)
        if person is None or str(person.pk) != watch.token.whose:
            return False
        return await in_thread(_admits, watch)


def _parse(query_string: bytes) -> tuple[Watch, int, int]:
    """Return the verified token, the version that the page has, and the open item."""
    if len(query_string) > MAX_QUERY_BYTES:
        raise BadPoll("too long")
    query = parse_qs(query_string.decode("latin-1"))
    watch = watch_tokens.verify(query.get("watch", [""])[-1])
    if watch is None or watch.token.is_expired:
        raise BadPoll("no valid token")
    try:
        after, item = (int(query.get(name, ["0"])[-1]) for name in ("after", "item"))
    except ValueError as error:
        raise BadPoll("no numbers") from error
    return watch, min(max(after, 0), MAX_NUMBER), min(max(item, 0), MAX_NUMBER)


def _admits(watch: Watch) -> bool:
    share = Share.objects.filter(pk=watch.share).select_related("user", "project").first()
    user = User.objects.filter(pk=watch.token.whose, is_active=True).first()
    if share is None or user is None:
        return False
    return access.is_maker(user, share) if watch.is_maker else access.is_meant(user, share)


async def _respond(send: Send, status: int, body: bytes = b"", new_token: str = "") -> None:
    headers = [*JSON, (b"x-robots-tag", b"noindex")]
    if new_token:
        headers.append((b"vitrine-watch", new_token.encode()))
    await respond(send, status, body, headers)
