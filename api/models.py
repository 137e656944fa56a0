"""API tokens, with which programs act for a user, and files sent through the proxy."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from core.db import clock
from core.db.json_field import ExactJSONField
from projects.models import Membership, Project
from runs.models import Upload


class Token(models.Model):
    """A user's API token; the database only has its digest."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey(
        Project,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="the only one that it sees and begins in; null: all of its user's",
    )
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token")
    hint = models.CharField(max_length=16, help_text="its first characters, to recognize it by")
    scopes = models.CharField(max_length=64, help_text="separated by spaces: read run curate")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="empty: it never expires")
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="to the minute")
    grant = models.CharField(
        max_length=32,
        blank=True,
        help_text="of a program that signed in by the browser (api/oauth): its id there",
    )
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="an admin, who alone may restore it; null: its user",
    )

    # True if its user is only in their private project; False if that is not known.
    is_in_private_alone = False

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                condition=models.Q(revoked_at__isnull=True),
                name="api_token_name_once_per_user",
            ),
            models.UniqueConstraint(
                fields=["grant"], condition=~models.Q(grant=""), name="api_token_once_per_grant"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.name}"

    @property
    def audit_name(self) -> str:
        """Return its name and its user."""
        return f"{self.name} of {self.user}"

    @property
    def scope_list(self) -> list[str]:
        """The scopes, in the order of `api.tokens.SCOPES`."""
        return self.scopes.split()

    @property
    def is_read_only(self) -> bool:
        """Whether it has only the scope `read`."""
        return self.scopes == "read"

    @property
    def is_shut_out(self) -> bool:
        """Whether its user is no longer a member of the project that it is bound to.

        Checked each time, so that access ends with the membership. No query for a token of all
        projects.
        """
        if self.project is None or self.project.person_id == self.user_id:
            return False
        memberships = Membership.objects.filter(project=self.project, user_id=self.user_id)
        return not memberships.exists()

    @property
    def is_expired(self) -> bool:
        """Whether it has expired."""
        return self.expires_at is not None and self.expires_at <= timezone.now()


class KeyedCall(models.Model):
    """A paid call with an `Idempotency-Key`, and what it has started."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key_digest = models.CharField(max_length=64, help_text="SHA-256 of the key")
    request = models.CharField(max_length=64, help_text="SHA-256 of its address and body")
    answer = ExactJSONField(default=dict, help_text="what a repeated call is answered from")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key_digest"], name="api_call_once_per_key")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.pk}"


class Consent(models.Model):
    """A question to a token's person, whether a program may start something at a price; the answer.

    One yes permits one start: that of the call with this path and body, in this project.
    """

    class Way(models.TextChoices):
        """How it was answered."""

        FORM = "form", "a form of the program"
        PAGE = "page", "a page of Vitrine"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    path = models.CharField(max_length=200, help_text="of the operation, below the API's address")
    named = models.CharField(max_length=60, blank=True, help_text="the call's ?project=")
    body = ExactJSONField(help_text="of the call")
    inputs = ExactJSONField(help_text="what starts: with what a preset or a flow says")
    subject = models.CharField(max_length=255, help_text="the model or the flow, for people")
    price = models.CharField(max_length=80, help_text="the estimate in words")
    answer = models.CharField(max_length=120, help_text="what a yes says, for runs.start")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    expires_at = models.DateTimeField()
    agreed_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)
    way = models.CharField(max_length=4, choices=Way, blank=True)
    program = models.CharField(max_length=80, blank=True, help_text="as it calls itself")
    started = models.UUIDField(null=True, help_text="the run, or the flow's, of the one call")

    class State(models.TextChoices):
        """The states of a question."""

        WAITING = "waiting"
        AGREED = "agreed"
        DECLINED = "declined"
        EXPIRED = "expired"
        STARTED = "started"

    def __str__(self) -> str:
        return f"{self.price} for {self.subject}"

    @property
    def state(self) -> State:
        """Return the current state."""
        if self.started is not None:
            return self.State.STARTED
        if self.declined_at is not None:
            return self.State.DECLINED
        if clock.now() > self.expires_at:
            return self.State.EXPIRED
        return self.State.WAITING if self.agreed_at is None else self.State.AGREED


class ProxyFile(models.Model):
    """A file sent by one of fal's clients: its address was issued before its upload."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.user_id} {self.pk}"


class ProxyPart(models.Model):
    """A part of a file in a multipart upload by fal's client; deleted when that ends."""

    file_id = models.UUIDField(help_text="the ProxyFile that it becomes part of")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    etag = models.CharField(max_length=32)
    size_bytes = models.BigIntegerField()
    stored_as = models.CharField(max_length=255, help_text="name in our storage")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["file_id", "number"], name="api_part_once_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.file_id} {self.number}"
