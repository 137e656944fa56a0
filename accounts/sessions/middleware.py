"""Sessions whose key is a digest; only the cookie holds the secret."""

from __future__ import annotations

from django.conf import settings
from django.contrib.sessions import middleware
from django.http import HttpRequest, HttpResponse

from accounts.sessions.store import SessionStore
from accounts.single_use import stored_session_key


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
