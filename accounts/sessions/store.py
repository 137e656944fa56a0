"""Django's database sessions: a session's key is a digest, and only the cookie holds the secret."""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.sessions import middleware
from django.contrib.sessions.backends import db
from django.http import HttpRequest, HttpResponse

from accounts.single_use import stored_session_key

# The backend's path in 0.2.0; sessions that it opened last for weeks.
FORMER_BACKEND = "people.accounts.login.Backend"


class SessionStore(db.SessionStore):
    """Django's session store with its own salt, so that sessions of other stores are invalid."""

    key_salt = "vitrine.sessions"
    secret = ""  # what the cookie holds (`SessionMiddleware`)

    def _get_new_session_key(self) -> Any:
        self.secret = super()._get_new_session_key()  # type: ignore[misc]  # not in the stubs
        return stored_session_key(self.secret)

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Return a session's values, with the backend's former path replaced by the present one."""
        values: dict[str, Any] = super().decode(session_data)
        if values.get(BACKEND_SESSION_KEY) == FORMER_BACKEND:
            values[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        return values

    async def _aget_new_session_key(self) -> Any:
        return await sync_to_async(self._get_new_session_key)()


class SessionMiddleware(middleware.SessionMiddleware):
    """Django's middleware; a session's key is the digest of its cookie, which is a secret.

    A copy of the database therefore logs nobody in. Everything that stores session keys, such as
    allauth's list of sessions, stores digests.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Open the session whose secret is in the cookie."""
        secret = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        session = SessionStore(stored_session_key(secret) or None)
        session.secret = secret
        request.session = request.first_session = session  # type: ignore[attr-defined]

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Set the cookie as Django does, with the secret in place of the key.

        allauth reopens a session within a request by its key alone, which loses the secret.
        """
        response = super().process_response(request, response)
        cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if cookie is not None and cookie.value:
            first: SessionStore = request.first_session  # type: ignore[attr-defined]
            secret = getattr(request.session, "secret", "") or first.secret
            cookie.set(cookie.key, secret, secret)
        return response
