"""Notifications, users' channels for them, and each delivery."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.db.dollars_field import DollarsField
from core.db.encrypted_field import EncryptedTextField
from core.db.json_field import ExactJSONField
from runs.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

SHOWN_CHARS = 4  # last characters of a webhook's address, to distinguish them


class Notification(models.Model):
    """A message to a user about one event, once per `key`: a line of their inbox.

    `about`, with `thing` or `number`, names the row that it is about, which decides who may still
    read it (`features/notifications/subjects.py`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications"
    )
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=160, help_text="identifies the event, which is notified once")
    subject = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    path = models.CharField(max_length=500, blank=True, help_text="our page about it")
    about = models.CharField(max_length=60, blank=True, help_text="the model's label, boards.board")
    thing = models.UUIDField(null=True, help_text="the key of that row")
    number = models.BigIntegerField(null=True, help_text="the key, where it is a number")
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True, help_text="empty: new")

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="notification_once_per_key")
        ]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="notification_list"),
            models.Index(fields=["user"], name="notification_new", condition=Q(seen_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} {self.key}"


class Method(models.TextChoices):
    """How a delivery is sent, and the format of its body."""

    EMAIL = "email", "E-mail"
    SLACK = "slack", "Slack"
    WEBHOOK = "webhook", "Webhook"
    RUNS = "runs", "Webhook for runs"


class ChannelQuerySet(models.QuerySet["Channel"]):
    """Filters for channels."""

    def owned_by(self, user: User | AnonymousUser) -> ChannelQuerySet:
        """The user's channels that are not deleted, oldest first."""
        return self.filter(deleted_at=None, user_id=user.pk or 0).order_by("created_at", "pk")


class Channel(models.Model):
    """A destination for a user's notifications of some kinds, or for results of the API's runs."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="channels"
    )
    method = models.CharField(max_length=16, choices=Method)
    name = models.CharField(max_length=80)
    address = EncryptedTextField(
        blank=True, help_text="a secret; empty for the account's e-mail address"
    )
    kinds = ExactJSONField(default=list, help_text="names of `features.notifications.kinds`")
    is_paused = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return f"{self.user_id} {self.method} {self.pk}"

    @property
    def audit_name(self) -> str:
        """Return its name and its user."""
        return f"{self.name or self.get_method_display()} of {self.user}"

    @property
    def shown_address(self) -> str:
        """Return the address for pages, without its secret part."""
        return masked(self.address)


def masked(address: str) -> str:
    """Return a webhook's address without its secret path; other addresses unchanged."""
    parts = urlsplit(address)
    if not parts.netloc:
        return address
    path = address.split(parts.netloc, 1)[1]
    masked_path = f"/…{path[-SHOWN_CHARS:]}" if len(path) > 2 * SHOWN_CHARS else path and "/…"
    return f"{parts.scheme}://{parts.netloc}{masked_path}"


class Delivery(models.Model):
    """The delivery of one notification, or one run's result, to one address."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waits for the run"
        PENDING = "pending", "On its way"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    method = models.CharField(max_length=16, choices=Method)
    address = EncryptedTextField(help_text="a secret")
    channel = models.ForeignKey(
        Channel, null=True, on_delete=models.SET_NULL, related_name="deliveries"
    )
    notification = models.ForeignKey(
        Notification, null=True, on_delete=models.CASCADE, related_name="deliveries"
    )
    run = models.ForeignKey(Run, null=True, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=16, choices=State, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    log = ExactJSONField(
        default=list, help_text="[{at, status, error}]: each attempt, written before it is made"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "notification"], name="notification_once_per_channel"
            ),
            models.UniqueConstraint(fields=["channel", "run"], name="run_once_per_channel"),
            models.UniqueConstraint(
                fields=["run"], condition=Q(channel=None), name="own_webhook_of_run"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="delivery_list"),
            models.Index(
                fields=["next_attempt_at"], name="delivery_due", condition=Q(state="pending")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.state} {self.pk}"

    @property
    def shown_address(self) -> str:
        """Return the address for pages, without its secret part."""
        return masked(self.address)


class RunEnd(models.Model):
    """An ended run that may need a notification; deleted after the decision."""

    run = models.OneToOneField(Run, primary_key=True, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    is_watched = models.BooleanField(default=False, help_text="its owner's page showed the end")
    is_by_api = models.BooleanField(default=False)
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.run_id} {self.due_at}"


class NotificationPreferences(models.Model):
    """A user's choices besides their channels; without a row the defaults apply."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="notification_preferences",
    )
    long_run_minutes = models.PositiveIntegerField(
        default=5, help_text="notify of runs that took at least this long"
    )
    daily_limit = DollarsField(
        null=True, help_text="warn when a day's runs have cost 80 % and 100 % of it"
    )

    class Meta:
        verbose_name_plural = "notification preferences"

    def __str__(self) -> str:
        return f"notification preferences of {self.user_id}"


class SigningKey(models.Model):
    """A key that signs our webhooks (`features.notifications.delivery.signing_keys`)."""

    kid = models.CharField(primary_key=True, max_length=32)
    public = models.CharField(max_length=64, help_text="the JWK's `x`")
    private = models.TextField(help_text="encrypted with SECRET_KEY")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.kid
