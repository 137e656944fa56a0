"""A person's sessions (allauth's `UserSession`): where each was last used, and how to end them.

The session's own data holds the time of the last record, so a page view needs no query. The
`UserSession` row is written at most once per `NOTE_EVERY`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from allauth.usersessions.adapter import DefaultUserSessionsAdapter, get_adapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError, transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts import single_use
from core.db import transient_errors
from core.notify import messages

if TYPE_CHECKING:
    from django.contrib.auth.models import User

log = logging.getLogger(__name__)

ENDED = "ended sessions"  # the topic of messages that contain an ended session's key
RECORDED_AT = "used_at"  # in the session: seconds since 1970
NOTE_EVERY = timedelta(minutes=10)
MARGIN_S = 120  # covers a ticket's lifetime and clock differences
# The first of these that the header contains wins: most browsers name other browsers as well.
BROWSERS: Mapping[str, str] = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Vivaldi": "Vivaldi",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
    "curl": "curl",
    "python": "Python",
}
SYSTEMS: Mapping[str, str] = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Macintosh": "macOS",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}
UNKNOWN = "Unknown device"


class SessionsAdapter(DefaultUserSessionsAdapter):
    """Ends a session together with its tickets, streams and long polls."""

    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        """End sessions, and the connections that were opened from them."""
        for session in sessions:
            end_connections(session.session_key)
            session.end()


def record_use(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: records where a session is used, at most once per `NOTE_EVERY`."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            now = timezone.now()
            noted = request.session.get(RECORDED_AT, 0)
            if now.timestamp() - noted > NOTE_EVERY.total_seconds():
                _try_to_note(request, request.user)
        return get_response(request)

    return respond


def _try_to_note(request: HttpRequest, user: User) -> None:
    """Record the use; a database error is logged and does not fail the page."""
    try:
        record_session(request, user)
    except DatabaseError as error:
        transient_errors.log_failure(log, error, "the use of a session was not noted; again soon")


def record_session(request: HttpRequest, user: User) -> None:
    """Record when and from where the session was used; do nothing if it is not stored yet.

    Another request may end the session meanwhile; its row is then deleted when the list is shown.
    """
    if request.session.session_key:
        UserSession.objects.create_from_request(request, user=user)
        request.session[RECORDED_AT] = timezone.now().timestamp()


def list_for_user(user: User, key: str | None) -> list[UserSession]:
    """Return a person's sessions: the one with `key` first, then the most recently used."""
    session_keys = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    rows = UserSession.objects.filter(user=user, session_key__in=session_keys)
    return sorted(rows.order_by("-last_seen_at"), key=lambda session: session.session_key != key)


def end(user: User, pk: int) -> bool:
    """End one of a person's sessions; return False if it does not exist."""
    return bool(_end(UserSession.objects.filter(user=user, pk=pk)))


def end_others(user: User, key: str | None) -> int:
    """End all of a person's sessions except the one with `key`; return their number."""
    return _end(UserSession.objects.filter(user=user).exclude(session_key=key or ""))


def end_connections(key: str | None) -> None:
    """End the tickets, live streams and long polls of a session that ends.

    A message ends long polls of other processes on this machine (`cache.py`).
    """
    if key and (digest := single_use.session_digest(key)):
        # They check this record, which lasts longer than any that began before the session's end.
        single_use.spend(digest, settings.LIVE_MINUTES * 60 + MARGIN_S)
        transaction.on_commit(partial(messages.send, ENDED, key.encode()), robust=True)


def _end(rows: Iterable[UserSession]) -> int:
    sessions = list(rows)
    get_adapter().end_sessions(sessions)
    return len(sessions)


# Names the browser and the system in a User-Agent header, for the list of sessions.
def device(agent: str) -> str:
    """Return `Firefox on Linux`, only the part that is known, or `Unknown device`."""
    browser = next((name for sign, name in BROWSERS.items() if sign in agent), "")
    system = next((name for sign, name in SYSTEMS.items() if sign in agent), "")
    return " on ".join(filter(None, (browser, system))) or UNKNOWN
