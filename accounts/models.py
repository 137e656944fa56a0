"""Rows about people: sign-in state, limits, preferences, queued mail and the audit log."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class SignInCounter(models.Model):
    """Failed sign-ins of one account, one address, or one pair (`limits.throttle.RULES`)."""

    key = models.CharField(
        primary_key=True, max_length=64, help_text="SHA-256 of the account, address or pair"
    )
    failures = models.PositiveIntegerField(default=0)
    wait_until = models.DateTimeField(null=True, help_text="passwords are refused until then")
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


class Preferences(models.Model):
    """A person's choices on the account page; without a row the defaults apply."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="preferences",
    )
    shares_runs = models.BooleanField(
        default=False, help_text="new runs are shown to the team as examples"
    )
    file_names = models.CharField(
        max_length=200,
        blank=True,
        help_text="the template of saved results' names (`profile/name_template.py`)",
    )

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"preferences of {self.user_id}"


class QueuedMail(models.Model):
    """A mail to a person for the worker to send; deleted once it is sent."""

    to = models.EmailField(max_length=254)
    subject = models.CharField(max_length=255)
    sealed = models.BinaryField(help_text="the text, sealed with SECRET_KEY (`accounts.mail`)")
    next_attempt_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"mail {self.pk}"


class RateBucket(models.Model):
    """A client's remaining requests, shared by all web processes (`limits.rate_limit`)."""

    key = models.CharField(
        primary_key=True, max_length=64, help_text="SHA-256 of the limit and the client"
    )
    tokens = models.FloatField(help_text="requests left when they were counted")
    counted_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.tokens}"
