"""A person's sessions: where each was last used, and how to end them.

The time of the last note is kept in the session's own data, so that a page view needs no query. The
`UserSession` row is written at most once per `NOTE_EVERY`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts import single_use
from accounts.limits.addresses import client_address
from accounts.models import UserSession
from accounts.sessions.user_agents import device
from accounts.single_use import stored_session_key
from core.db import transient_errors
from fal.db_safe import db_safe_text

if TYPE_CHECKING:
    from django.contrib.auth.models import User

log = logging.getLogger(__name__)

RECORDED_AT = "used_at"  # in the session: seconds since 1970
NOTE_EVERY = timedelta(minutes=10)
MARGIN_S = 120  # covers a ticket's lifetime and clock differences


class ActiveSession(NamedTuple):
    """One session as the account page shows it."""

    public_id: UUID
    device: str
    address: str
    started_at: datetime
    used_at: datetime
    is_this: bool


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
    """Record when and from where the session was used; nothing for a session not stored yet."""
    key, now = stored_session_key(request.session.session_key), timezone.now()
    if not key:
        return
    values = {
        "user": user,
        "address": client_address(request),
        "agent": db_safe_text(request.headers.get("User-Agent", "")[:255]),
        "used_at": now,
    }
    with transaction.atomic():
        # The lock keeps another request from ending the session between the check and the write.
        if Session.objects.select_for_update().filter(pk=key).exists():
            UserSession.objects.update_or_create(session_id=key, defaults=values)
    request.session[RECORDED_AT] = now.timestamp()


def list_for_user(user: User, key: str | None) -> list[ActiveSession]:
    """Return a person's sessions: that of `key` first, then the most recently used."""
    rows = UserSession.objects.filter(user=user, session__expire_date__gt=timezone.now())
    this = stored_session_key(key)
    sessions = [
        ActiveSession(
            row.public_id,
            device(row.agent),
            row.address,
            row.started_at,
            row.used_at,
            row.session_id == this,
        )
        for row in rows.order_by("-used_at")
    ]
    return sorted(sessions, key=lambda session: not session.is_this)


def end(user: User, public_id: UUID) -> bool:
    """End one of a person's sessions; return False if it does not exist."""
    return bool(_end(UserSession.objects.filter(user=user, public_id=public_id)))


def end_others(user: User, key: str | None) -> int:
    """End all of a person's sessions except that of `key`; return their number."""
    return _end(UserSession.objects.filter(user=user).exclude(session_id=stored_session_key(key)))


def revoke_tickets(key: str | None) -> None:
    """Invalidate the tickets and live streams of a session that ends."""
    _revoke(single_use.session_digest(key))


def _revoke(digest: str) -> None:
    if digest:
        # They check this until none that began before the session's end can be left.
        single_use.spend(digest, settings.LIVE_MINUTES * 60 + MARGIN_S)


def _end(rows: QuerySet[UserSession]) -> int:
    keys = list(rows.values_list("session_id", flat=True))
    for key in keys:
        _revoke(single_use.digest_of_stored(key))
    Session.objects.filter(pk__in=keys).delete()
    return len(keys)
