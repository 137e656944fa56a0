"""A run, what came of it, what it is made from (drafts, presets, uploads), and who is at work on it."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone

from catalog.models import Endpoint, Schema
from playground.fields import ExactJSONField
from playground.metrics import inference_s
from playground.querysets import PresetQuerySet, RunQuerySet


class Transport(models.TextChoices):
    """How a run travels to upstream; its label is the word for it on every page."""

    QUEUE = "queue", "Queue"
    SYNC = "sync", "Direct"
    STREAM = "stream", "Live stream"
    WEBSOCKET = "websocket", "WebSocket"
    REALTIME = "realtime", "Live session"


GIVEN_UP = "given_up"  # the error's type of a run that ended here alone: its answer was lost


def webhook_token() -> str:
    """The part of a run's webhook address that nobody guesses."""
    return secrets.token_urlsafe(32)


class Run(models.Model):
    """One submission to an endpoint and everything that came of it."""

    class State(models.TextChoices):
        """Ours; its label is the word for it on every page."""

        CREATED = "created", "Waiting"
        SUBMITTING = "submitting", "Sending"
        UNCONFIRMED = "unconfirmed", "Unconfirmed"
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    FINAL = (State.SUCCEEDED, State.FAILED, State.CANCELLED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="runs"
    )
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="runs")
    schema = models.ForeignKey(Schema, null=True, on_delete=models.PROTECT, related_name="+")
    transport = models.CharField(max_length=16, choices=Transport, default=Transport.QUEUE)
    form_token = models.CharField(
        max_length=64, help_text="one per drawn form: a double click is one run"
    )
    arguments = ExactJSONField(help_text="what the person asked for")
    sent_arguments = ExactJSONField(
        null=True, help_text="what went out, where it differs: uploads by upstream address"
    )
    title = models.CharField(max_length=200, blank=True, help_text="the prompt's first line")

    state = models.CharField(max_length=16, choices=State, default=State.CREATED)
    version = models.PositiveIntegerField(default=1, help_text="raised by each visible change")
    cancel_requested_at = models.DateTimeField(null=True)
    queue_position = models.PositiveIntegerField(null=True)
    logs = ExactJSONField(default=list, help_text="[{timestamp, level, message}], once each")
    metrics = ExactJSONField(default=dict)
    positions = ExactJSONField(
        default=list, help_text="[[ISO time, queue position]], each change, the first ones"
    )
    events = ExactJSONField(
        default=list, help_text="[{at, what, text}]: what happened besides the usual course"
    )
    partial = ExactJSONField(
        null=True, help_text="a streaming model's latest output so far; not the final one"
    )
    output = ExactJSONField(null=True, help_text="the model's output")
    output_text = models.TextField(
        blank=True, help_text="its body as it came, where `output` cannot hold its numbers"
    )
    error = ExactJSONField(null=True, help_text="FalError.as_json() of what ended it")
    billable_units = models.CharField(max_length=64, blank=True)

    request_id = models.CharField(max_length=128, blank=True)
    handle = ExactJSONField(null=True, help_text="the addresses that upstream returned")
    webhook_token = models.CharField(
        max_length=64, unique=True, default=webhook_token, editable=False
    )

    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, help_text="the submit left")
    queued_at = models.DateTimeField(null=True, help_text="upstream had it")
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    result_at = models.DateTimeField(null=True, help_text="the result was stored")

    worker = models.CharField(max_length=64, blank=True, help_text="who holds the lease")
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    note = models.CharField(
        max_length=255, blank=True, help_text="what the worker waits for, if it does"
    )
    is_starred = models.BooleanField(default=False)
    is_example = models.BooleanField(
        default=False, help_text="shown to the team on the model's page as what it can do"
    )

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="run_history"),
            models.Index(fields=["endpoint", "-created_at"], name="run_of_endpoint"),
            models.Index(
                fields=["created_at"],
                name="run_unfinished",
                condition=~models.Q(state__in=["succeeded", "failed", "cancelled"]),
            ),
            models.Index(
                fields=["request_id"], name="run_by_request", condition=~models.Q(request_id="")
            ),
            models.Index(
                fields=["endpoint", "-created_at"],
                name="run_example",
                condition=models.Q(is_example=True),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "form_token"], name="run_once_per_form"),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.state} {self.pk}"

    def get_absolute_url(self) -> str:
        """The run's page."""
        return reverse("playground:run", args=[self.pk])

    @property
    def is_final(self) -> bool:
        """Whether nothing about it will change any more."""
        return self.state in self.FINAL

    @property
    def state_word(self) -> str:
        """How it is, in a word; a list tells from the error what it does not read the events for."""
        is_given_up = (self.error or {}).get("type") == GIVEN_UP
        return "Given up" if is_given_up else self.get_state_display()

    @property
    def is_awaited(self) -> bool:
        """Whether more may come of it without anybody's doing."""
        return not self.is_final and self.state != self.State.UNCONFIRMED

    @property
    def took(self) -> timedelta:
        """From being asked for to its end, or until now."""
        return (self.ended_at or timezone.now()) - self.created_at

    @property
    def inference_s(self) -> float | None:
        """How many seconds the model says that it worked; None where it does not say."""
        return inference_s(self.metrics)


class Artifact(models.Model):
    """One piece of a run's output; its bytes are copied to our storage, upstream's expire."""

    class State(models.TextChoices):
        REMOTE = "remote", "not copied yet"
        STORED = "stored"
        LOST = "lost"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="artifacts")
    position = models.PositiveIntegerField()
    path = models.CharField(max_length=255, help_text="where in the output, as JSON path")
    kind = models.CharField(max_length=16, help_text="image, video, audio, mesh, text, file")
    url = models.TextField(help_text="upstream's address")
    content_type = models.CharField(max_length=127, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    duration_s = models.FloatField(null=True)
    size_bytes = models.BigIntegerField(null=True)
    state = models.CharField(max_length=16, choices=State, default=State.REMOTE)
    file = models.CharField(max_length=255, blank=True, help_text="name in our storage")
    poster = models.CharField(
        max_length=255, blank=True, help_text="a film's still, in our storage"
    )
    thumbnail = models.CharField(
        max_length=255, blank=True, help_text="a small picture of it, in our storage"
    )
    digest = models.CharField(max_length=64, blank=True)
    error = models.CharField(max_length=255, blank=True, help_text="why it was lost")
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["run", "position"], name="artifact_place_in_run")
        ]
        indexes = [
            models.Index(fields=["digest"], name="artifact_by_content"),
            models.Index(
                fields=["next_attempt_at"],
                name="artifact_to_copy",
                condition=models.Q(state="remote"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}{self.path}"

    def get_absolute_url(self) -> str:
        """Our copy's address."""
        return reverse("playground:artifact", args=[self.run_id, self.position])

    @property
    def is_inline(self) -> bool:
        """Whether upstream's address holds the file itself."""
        return self.url[:5].lower() == "data:"


class Upload(models.Model):
    """A file a person gave for a run, kept once per content; the worker takes it to upstream's storage."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    file = models.CharField(max_length=255, help_text="name in our storage")
    file_name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=127)
    size_bytes = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    is_shared = models.BooleanField(
        default=False, help_text="a link or a preset for the team holds it: colleagues may see it"
    )
    upstream_url = models.TextField(blank=True)
    upstream_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="upload_once_per_content")
        ]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        """Where its bytes are shown."""
        return reverse("playground:upload", args=[self.pk, self.file_name])

    def is_readable_by(self, person: Any) -> bool:
        """Its owner's and staff's; everybody's once a link or a preset for the team holds it.

        And while a run of its owner's that the team is shown as an example was made from it.
        """
        if self.is_shared or self.user_id == person.pk or person.is_staff:
            return True
        examples = Run.objects.examples().filter(user_id=self.user_id)
        made_from = examples.annotate(text=Cast("arguments", models.TextField()))
        return made_from.filter(text__contains=f'"/uploads/{self.pk}/').exists()


class Draft(models.Model):
    """What a person has typed into an endpoint's form and not sent, and what it was before it was replaced."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="+")
    post = ExactJSONField(help_text="the form's controls: {name: [values]}; empty when untouched")
    version = models.PositiveIntegerField(default=0, help_text="raised by each save")
    tab = models.CharField(max_length=64, blank=True, help_text="the drawn page that saved it")
    earlier = ExactJSONField(
        default=list, help_text="[{post, why, tab}]: what was replaced, the newest last"
    )
    schema_digest = models.CharField(
        max_length=64, blank=True, help_text="of the schema that the form was drawn by"
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "endpoint"], name="draft_once_per_endpoint")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.endpoint_id}"


class Preset(models.Model):
    """Settings of an endpoint under a name, one's own or the whole team's."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="presets")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    arguments = ExactJSONField()
    is_shared = models.BooleanField(default=False, help_text="everybody may use it")
    is_house_default = models.BooleanField(
        default=False, help_text="fills an untouched form, for everybody"
    )
    schema_digest = models.CharField(
        max_length=64, blank=True, help_text="of the schema it was saved under"
    )
    unmended = ExactJSONField(
        null=True,
        blank=True,
        help_text="{arguments, schema_digest, said}: as it was before it was made to fit a new schema",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, help_text="can be undone for a while")

    objects = PresetQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "endpoint", "name"],
                condition=models.Q(deleted_at=None),
                name="preset_name_once",
            )
        ]
        indexes = [models.Index(fields=["endpoint", "is_shared"], name="preset_of_endpoint")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The model's page with this preset filled in."""
        page = reverse("playground:endpoint", args=[self.endpoint.endpoint_id])
        return f"{page}?preset={self.pk}"


def share_id() -> str:
    """A short id that nobody guesses."""
    return secrets.token_urlsafe(12)


class Share(models.Model):
    """Arguments that a link stands for; whoever has the link may read them."""

    id = models.CharField(primary_key=True, max_length=16, default=share_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="+")
    arguments = ExactJSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.id

    def get_absolute_url(self) -> str:
        """The model's page with these arguments filled in."""
        page = reverse("playground:endpoint", args=[self.endpoint.endpoint_id])
        return f"{page}?saved={self.id}"


class Worker(models.Model):
    """A worker process's sign of life, for /healthz and for the pages."""

    name = models.CharField(primary_key=True, max_length=64)
    started_at = models.DateTimeField(auto_now_add=True)
    beat_at = models.DateTimeField()
    has_key = models.BooleanField(default=False)
    trouble = models.CharField(max_length=255, blank=True, help_text="what upstream's answer lacks")

    def __str__(self) -> str:
        return self.name


class SigningKeys(models.Model):
    """The keys that upstream signs webhooks with: one row, which the worker fills and the web reads."""

    jwks = ExactJSONField(default=dict, help_text="the key set as upstream gave it")
    fetched_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True, help_text="when a worker last went for them")
    wanted_at = models.DateTimeField(
        null=True, help_text="when the web wished for newer ones: a signature fitted none"
    )

    account = models.CharField(
        max_length=128,
        blank=True,
        help_text="whose runs were reported: upstream's id of our account",
    )

    def __str__(self) -> str:
        return f"keys of {self.fetched_at}"


class Delivery(models.Model):
    """A webhook that is left to the worker: there were no keys to verify it with, or the result is to be fetched."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="deliveries")
    headers = ExactJSONField(help_text="those of the signature, in lower case")
    body = models.BinaryField()
    received_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.run_id} {self.received_at}"


class LateLook(models.Model):
    """A run that a webhook ended: what it cost and how it went is still to be asked for."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="late_look")
    due_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.run_id} {self.due_at}"
