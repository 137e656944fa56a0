"""In which browsers somebody is logged in: what a held poll asks, mostly without the database."""

from __future__ import annotations

import asyncio
import time
from http.cookies import CookieError, SimpleCookie
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user, user_logged_out
from django.contrib.sessions.backends.base import SessionBase
from django.db import close_old_connections
from django.http import HttpRequest
from django.utils.module_loading import import_string

KNOWN_FOR_S = 8.0  # a login that ended elsewhere, or ran out, is noticed within
MOST_KNOWN = 4096


class Logins:
    """Remembers for a while which sessions are of people who are logged in; forgets who logs out here at once."""

    def __init__(self) -> None:
        self._known_until: dict[str, float] = {}
        self._looks: dict[str, asyncio.Task[bool]] = {}
        user_logged_out.connect(self._forget)

    async def has(self, key: str) -> bool:
        """Whether the session of this key is of somebody who is logged in."""
        if not key:
            return False
        if self._known_until.get(key, 0.0) > time.monotonic():
            return True
        if key not in self._looks:  # a crowd with one session is looked up once
            self._looks[key] = asyncio.create_task(self._look(key))
        return await asyncio.shield(self._looks[key])

    async def has_still(self, key: str) -> bool:
        """Whether that is so after a hold, without a look: whoever has logged out here since is forgotten."""
        return key in self._known_until or await self.has(key)

    async def _look(self, key: str) -> bool:
        try:
            is_somebodys = await sync_to_async(_is_somebodys)(key)
        finally:
            del self._looks[key]
        if is_somebodys:
            if len(self._known_until) >= MOST_KNOWN:
                self._known_until.clear()
            self._known_until[key] = time.monotonic() + KNOWN_FOR_S
        return is_somebodys

    def _forget(self, request: HttpRequest, **_: Any) -> None:
        self._known_until.pop(request.session.session_key or "", None)


def session_key(headers: list[tuple[bytes, bytes]]) -> str:
    """The key in the session cookie among a request's headers (ASGI's); empty without one."""
    cookies = b"; ".join(value for name, value in headers if name == b"cookie")
    try:
        morsel = SimpleCookie(cookies.decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _is_somebodys(key: str) -> bool:
    close_old_connections()
    request = HttpRequest()
    store: type[SessionBase] = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
    request.session = store(key)
    return get_user(request).is_authenticated
