"""Secrets in the database that another SECRET_KEY has encrypted, as after a restore without it."""

from __future__ import annotations

from collections.abc import Iterator

from allauth.mfa.models import Authenticator

from core.db.encrypted_field import unreadable
from notifications.models import Channel
from people.accounts.second_factor import encryption
from sharing.models import Share


def found() -> Iterator[tuple[str, str]]:
    """Yield how many secrets of each kind cannot be decrypted, and what to do about it."""
    factors = sum(encryption.is_lost(row) for row in Authenticator.objects.iterator())
    for count, what, remedy in (
        (
            unreadable(Share.objects.live(), "token"),
            "address of a live share",
            "“Renew address” on its page, or end it: the address still opens it",
        ),
        (
            unreadable(Channel.objects.filter(deleted_at=None), "address"),
            "address of a channel for notifications",
            "whoever owns it enters it again",
        ),
        (factors, "second factor", "an admin takes it away on the person's page"),
    ):
        if count:
            yield f"{count:,} × {what} cannot be decrypted.", remedy
