"""Sign-in state that all processes share: failed attempts, login links, used tokens."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class SignInCounter(models.Model):
    """Failed sign-ins of one account, one address, or one pair (`accounts.throttle.RULES`)."""

    key = models.CharField(
        primary_key=True, max_length=64, help_text="SHA-256 of what is counted together"
    )
    failures = models.PositiveIntegerField(default=0)
    wait_until = models.DateTimeField(null=True, help_text="no password is looked at before")
    signed_in_at = models.DateTimeField(
        null=True, help_text="last success of this account from this address"
    )
    updated_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.failures}"


class LoginLink(models.Model):
    """A user's only login link: a new one replaces it, its first use deletes it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token")
    auth_hash = models.CharField(
        max_length=128, help_text="of the person's password when the link was made"
    )
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"link of {self.user_id}"


class SpentToken(models.Model):
    """A used token or a logged-out session; stored until it would have expired anyway."""

    digest = models.CharField(primary_key=True, max_length=64, help_text="SHA-256 of the token")
    forget_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.digest[:8]
