"""Keeps a form that was posted after the session had expired until the person has logged in.

The server stores nothing before the login. A hidden field of the login page carries the signed
values. If they are short enough, a cookie carries them too, for a login by link or in another tab.
After the login they are in the session.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from core.http.posts import hidden

SALT = "vitrine.typed"
SESSION_KEY = "typed"
FIELD = "typed"
MAX_COOKIE_BYTES = 3500  # browsers allow 4096 bytes, name and attributes included
COOKIE_LIFETIME_S = 15 * 60
FIELD_LIFETIME_S = 12 * 3600


def sign(value: dict[str, Any]) -> str:
    """Return the signed text for the hidden field and the cookie."""
    return signing.dumps(value, salt=SALT, compress=True)


def set_cookie(response: HttpResponseBase, value: dict[str, Any]) -> None:
    """Set the cookie if the value fits; otherwise only the hidden field carries it."""
    text = sign(value)
    if len(text) <= MAX_COOKIE_BYTES:
        response.set_cookie(
            settings.TYPED_COOKIE_NAME,
            text,
            max_age=COOKIE_LIFETIME_S,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def move_to_session(request: HttpRequest) -> None:
    """Move the form from the field or cookie into the session, which a login keeps."""
    value = _unsign(hidden(request, FIELD), FIELD_LIFETIME_S)
    if cookie := request.COOKIES.get(settings.TYPED_COOKIE_NAME):
        value = value or _unsign(cookie, COOKIE_LIFETIME_S)
    if value:
        request.session[SESSION_KEY] = value


def delete_cookie(request: HttpRequest, response: HttpResponseBase) -> None:
    """Delete the cookie once the form is in the session."""
    if settings.TYPED_COOKIE_NAME in request.COOKIES:
        response.delete_cookie(settings.TYPED_COOKIE_NAME, samesite="Lax")


def _unsign(text: str, max_age_s: int) -> Any:
    """Return the signed value; None if it is too old or the signature is wrong."""
    try:
        return signing.loads(text, salt=SALT, max_age=max_age_s)
    except signing.BadSignature:
        return None
