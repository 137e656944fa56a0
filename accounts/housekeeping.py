"""Deletes expired rows; the worker calls it."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import single_use
from accounts.limits import shared_buckets, throttle
from accounts.models import LoginLink

EVERY_S = 3600.0
BATCH_ROWS = 1000  # keeps each statement, and its lock on the database, short


def delete_expired(batch_rows: int = BATCH_ROWS) -> float:
    """Delete expired sessions, links, tokens and counters; return the seconds until the next call.

    Deletes at most `batch_rows` sessions; returns 1 if more may be left.
    """
    throttle.delete_expired()
    shared_buckets.delete_expired()
    single_use.delete_expired()
    LoginLink.objects.filter(expires_at__lt=timezone.now()).delete()
    expired = Session.objects.filter(expire_date__lt=timezone.now())
    keys = list(expired.values_list("session_key", flat=True)[:batch_rows])
    UserSession.objects.filter(session_key__in=keys).delete()
    Session.objects.filter(session_key__in=keys).delete()
    return 1.0 if len(keys) == batch_rows else EVERY_S
