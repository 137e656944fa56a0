"""Records used tokens and logged-out sessions in the database, for every process."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import SpentToken

SESSION_SALT = "vitrine.session-digest"


def spend(token: str, lifetime_s: float) -> bool:
    """Use a token up; return False if it was used before. Recorded for `lifetime_s` seconds."""
    forget_at = timezone.now() + timedelta(seconds=lifetime_s)
    _, is_new = SpentToken.objects.get_or_create(
        digest=digest(token), defaults={"forget_at": forget_at}
    )
    return is_new


def is_spent(token: str) -> bool:
    """Return whether a token was used and its record has not been deleted yet."""
    return SpentToken.objects.filter(digest=digest(token)).exists()


def digest(token: str) -> str:
    """Return a token's digest for the database; nobody can log in with it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def stored_session_key(secret: str) -> str:
    """Return a session's key from its cookie's secret: a digest, with which nobody can log in.

    It has 40 characters, as Django's column. Empty without a secret.
    """
    return digest(secret)[:40] if secret else ""


def session_digest(session_key: str | None) -> str:
    """Return a string that identifies a session without revealing its key; empty without one."""
    return salted_hmac(SESSION_SALT, session_key).hexdigest() if session_key else ""


def delete_expired() -> None:
    """Delete the records of tokens that have expired."""
    SpentToken.objects.filter(forget_at__lt=timezone.now()).delete()
