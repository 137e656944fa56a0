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
    """Remembers for a while which sessions are of people who are logged in; knows who logs out here at once."""

    def __init__(self) -> None:
        # By session key: whether it is, and until when that is believed without a look.
        self._known: dict[str, tuple[bool, float]] = {}
        self._looks: dict[str, asyncio.Task[bool]] = {}
        user_logged_out.connect(self._forget)

    async def has(self, key: str) -> bool:
        """Whether the session of this key is of somebody who is logged in."""
        if not key:
            return False
        is_somebodys, until = self._known.get(key, (False, 0.0))
        if until > time.monotonic():
            return is_somebodys
        if key not in self._looks:  # a crowd with one session is looked up once
            self._known.pop(key, None)
            self._looks[key] = asyncio.create_task(self._look(key))
        return await asyncio.shield(self._looks[key])

    async def has_still(self, key: str) -> bool:
        """Whether that is so after a hold, without a look: whoever has logged out here since is known to have."""
        known = self._known.get(key)
        return known[0] if known else await self.has(key)

    async def _look(self, key: str) -> bool:
        try:
            is_somebodys = await sync_to_async(_is_somebodys)(key)
        finally:
            del self._looks[key]
        if not is_somebodys:
            return False
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        # Who logged out during the look stays so.
        return self._known.setdefault(key, _believed(is_somebodys=True))[0]

    def _forget(self, request: HttpRequest, **_: Any) -> None:
        # Django tells of it before it deletes the session: a look would still find that.
        self._known[request.session.session_key or ""] = _believed(is_somebodys=False)


def _believed(*, is_somebodys: bool) -> tuple[bool, float]:
    return is_somebodys, time.monotonic() + KNOWN_FOR_S


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
