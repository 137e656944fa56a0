"""Rows about people: sign-in state, limits, preferences, queued mail and the audit log."""

from __future__ import annotations

from typing import ClassVar

from auditlog.models import AbstractLogEntry
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from accounts.auditing.entries import AuditEntryManager


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


class AuditEntry(AbstractLogEntry):
    """One act on one row; stays when the person or the row is gone (`accounts.audit`).

    It is django-auditlog's entry, used for changes of rows and for our own events.
    """

    # django-auditlog's fields, with fewer indexes, and with a content type that may be removed.
    content_type = models.ForeignKey(  # type: ignore[assignment]
        ContentType, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    object_pk = models.CharField(max_length=255, blank=True)
    object_id = models.BigIntegerField(null=True, blank=True)
    object_repr = models.CharField(max_length=255, blank=True)
    action = models.PositiveSmallIntegerField(
        choices=AbstractLogEntry.Action.choices, default=AbstractLogEntry.Action.ACCESS
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    cid = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001  django-auditlog's
    timestamp = models.DateTimeField(default=timezone.now)
    # Our own fields
    actor_name = models.CharField(max_length=150, help_text="as it was when they acted")
    event = models.CharField(max_length=60, help_text="a past participle, such as blocked")
    kind = models.CharField(max_length=100, help_text="the row's model, such as playground.run")
    in_project = models.BigIntegerField(null=True, help_text="the project's key, if any")
    detail = models.TextField(blank=True)

    objects: ClassVar[models.Manager[AuditEntry]] = AuditEntryManager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-timestamp", "-pk"]
        indexes = [
            models.Index(fields=["-timestamp", "-id"], name="audit_by_time"),
            models.Index(fields=["kind", "object_pk", "-timestamp"], name="audit_of_object"),
            models.Index(fields=["kind", "-timestamp", "-id"], name="audit_of_kind"),
            models.Index(fields=["event", "-timestamp", "-id"], name="audit_of_event"),
            models.Index(fields=["actor_name", "-timestamp", "-id"], name="audit_of_name"),
            models.Index(fields=["actor"], name="audit_of_actor"),
            models.Index(
                fields=["in_project", "-timestamp", "-id"],
                name="audit_in_project",
                condition=models.Q(in_project__isnull=False),
            ),
            models.Index(fields=["remote_addr", "-timestamp", "-id"], name="audit_from_address"),
        ]
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.actor_name} {self.event} {self.kind} {self.object_pk}"
