"""Login links: one per user at a time, valid once, for 15 minutes."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import LoginLink
from accounts.single_use import digest

LIFETIME = timedelta(minutes=15)


def create(user: User) -> str:
    """Return a new token for `user`; the previous one becomes invalid."""
    token = secrets.token_urlsafe(32)
    values = {
        "digest": digest(token),
        "auth_hash": user.get_session_auth_hash(),
        "expires_at": timezone.now() + LIFETIME,
    }
    LoginLink.objects.update_or_create(user=user, defaults=values)
    return token


def owner_of(token: str) -> User | None:
    """Return the user of a token without using it up.

    Returns None if the token is unknown, used or older than `LIFETIME`, or if its user has logged
    out or changed the password since it was created.
    """
    link = LoginLink.objects.filter(digest=digest(token)).select_related("user").first()
    return _owner(link) if link else None


def redeem(token: str) -> User | None:
    """Use a token up; return its user, or None as `owner_of` does."""
    with transaction.atomic():
        links = LoginLink.objects.select_for_update().filter(digest=digest(token))
        link = links.select_related("user").first()
        if link is None:
            return None
        link.delete()
    return _owner(link)


def _owner(link: LoginLink) -> User | None:
    user: User = link.user
    is_unchanged = constant_time_compare(link.auth_hash, user.get_session_auth_hash())
    is_valid = is_unchanged and user.is_active and link.expires_at > timezone.now()
    return user if is_valid else None
