"""Caches which user a session belongs to, so that most long polls need no database query."""

from __future__ import annotations

import asyncio
import time
from typing import Any, NamedTuple

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user, user_logged_out
from django.contrib.sessions.backends.base import SessionBase
from django.db import close_old_connections
from django.http import HttpRequest, parse_cookie
from django.utils.module_loading import import_string

from accounts import permissions
from accounts.sessions import strength
from accounts.single_use import stored_session_key

TTL_S = 8.0  # an expired session, or one ended on another machine, is noticed within this time
MAX_ENTRIES = 4096


class SessionUser(NamedTuple):
    """The part of a session's user that long polls need."""

    pk: int
    may_see_runs: bool  # everybody's


class SessionCache:
    """Maps session keys to users for `TTL_S`; sees the end of a session on this machine at once."""

    def __init__(self) -> None:
        # By session key: the user, and when the entry expires.
        self._entries: dict[str, tuple[SessionUser | None, float]] = {}
        self._queries: dict[str, asyncio.Task[SessionUser | None]] = {}
        user_logged_out.connect(self._on_logout)

    async def get_user(self, key: str) -> SessionUser | None:
        """Return the session's user, or None; queries the database if no fresh entry exists."""
        if not key:
            return None
        user, expires_at = self._entries.get(key, (None, 0.0))
        if expires_at > time.monotonic():
            return user
        if key not in self._queries:  # concurrent polls of one session share a query
            self._entries.pop(key, None)
            self._queries[key] = asyncio.create_task(self._query(key))
        return await asyncio.shield(self._queries[key])

    async def is_still(self, user: SessionUser, key: str) -> bool:
        """Return whether a long poll's session is still the user's.

        Reads the cache even if the entry has expired: the session's end would have replaced it.
        """
        entry = self._entries.get(key)
        return (entry[0] if entry else await self.get_user(key)) == user

    def end(self, key: str) -> None:
        """Record that a session has ended, even if the database still has it."""
        self._entries[key] = _with_expiry(None)

    async def _query(self, key: str) -> SessionUser | None:
        try:
            user = await sync_to_async(_load_user)(key)
        finally:
            del self._queries[key]
        if user is None:
            return None
        if len(self._entries) >= MAX_ENTRIES:
            self._entries.clear()
        # The session's end during the query has set an entry, which wins.
        return self._entries.setdefault(key, _with_expiry(user))[0]

    def _on_logout(self, request: HttpRequest, **_: Any) -> None:
        # Django sends the signal before it deletes the session, so a query would still find it.
        self.end(request.session.session_key or "")


def _with_expiry(user: SessionUser | None) -> tuple[SessionUser | None, float]:
    return user, time.monotonic() + TTL_S


def session_key(headers: list[tuple[bytes, bytes]]) -> str:
    """Return the session key from the cookies in ASGI request headers; empty without a cookie."""
    cookies = b"; ".join(value for name, value in headers if name == b"cookie")
    parsed = parse_cookie(cookies.decode("latin-1"))
    return stored_session_key(parsed.get(settings.SESSION_COOKIE_NAME, ""))


def _load_user(key: str) -> SessionUser | None:
    close_old_connections()
    request = HttpRequest()
    store: type[SessionBase] = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
    request.session = store(key)
    user = get_user(request)
    if not user.is_authenticated or strength.missing(request, user):
        return None
    return SessionUser(user.pk, permissions.may_see_runs(user))
