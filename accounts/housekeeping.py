"""Deletes expired rows; the worker calls it."""

from __future__ import annotations

from datetime import timedelta

from allauth.idp.oidc.models import Client as Registered
from allauth.idp.oidc.models import Token as Issued
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import single_use
from accounts.audit import trail
from accounts.limits import rate_limit, throttle
from accounts.models import LoginLink

EVERY_S = 3600.0
UNUSED = timedelta(days=1)  # a program that registered itself and was never connected
BATCH_ROWS = 1000  # keeps each statement, and its lock on the database, short


def delete_expired(batch_rows: int = BATCH_ROWS) -> float:
    """Delete expired sessions, links, tokens, counters, audit entries, and unused programs.

    Deletes at most `batch_rows` sessions and as many audit entries. Returns the seconds until the
    next call: 1 if more may be left.
    """
    throttle.delete_expired()
    rate_limit.delete_full_buckets()
    single_use.delete_expired()
    LoginLink.objects.filter(expires_at__lt=timezone.now()).delete()
    Issued.objects.expired().delete()
    forgotten = Registered.objects.filter(created_at__lt=timezone.now() - UNUSED, token=None)
    forgotten.delete()
    expired = Session.objects.filter(expire_date__lt=timezone.now())
    keys = list(expired.values_list("session_key", flat=True)[:batch_rows])
    UserSession.objects.filter(session_key__in=keys).delete()
    Session.objects.filter(session_key__in=keys).delete()
    entries = trail.delete_expired(batch_rows)
    return 1.0 if batch_rows in {len(keys), entries} else EVERY_S
