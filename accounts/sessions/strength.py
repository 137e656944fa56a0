"""Decides whether a session is as strong as SECOND_FACTOR requires for its person."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

# Recovery codes alone are not a second factor: they replace one that was lost.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class Missing(Enum):
    """What a session lacks."""

    FACTOR = "its person has no second factor"
    STEP = "it was opened without the person's second factor"


def must_have_factor(user: User | AnonymousUser) -> bool:
    """Return whether SECOND_FACTOR requires a second factor of this person."""
    if settings.SECOND_FACTOR == "admins":
        return user.is_staff or user.is_superuser
    return bool(settings.SECOND_FACTOR == "all" and user.is_authenticated)


def has_factor(user: User | AnonymousUser) -> bool:
    """Return whether the person has an authenticator app or a passkey."""
    return Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists()


def missing(request: HttpRequest, user: User | AnonymousUser) -> Missing | None:
    """Return what the request's session lacks; None if it is strong enough.

    This covers sessions that were opened before SECOND_FACTOR was set, or before the person had a
    second factor. Queries the database only for people who must have one.
    """
    if not must_have_factor(user):
        return None
    records = get_authentication_records(request, user)  # type: ignore[arg-type]  # no anonymous
    if any(record.get("is_local_owner") for record in records):
        return None  # who can read the link that `make run` prints can read the database too
    if not has_factor(user):
        return Missing.FACTOR
    return None if any(record.get("method") == "mfa" for record in records) else Missing.STEP
