"""Runs, their transports, and the artifacts of their outputs."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta
from functools import cached_property

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from catalog.models import Endpoint, Schema
from core.db.json_field import ExactJSONField
from core.process.subprocess_worker import MAX_PIXELS
from fal.messages.status import inference_s
from projects.models import InProject
from runs.file_kinds import CODECS, FORMATS, kind_named
from runs.models.querysets import ADDRESS_BEGINNING, ArtifactQuerySet, RunQuerySet


class Transport(models.TextChoices):
    """How a run is sent to upstream; pages show the label."""

    QUEUE = "queue", "Queue"
    SYNC = "sync", "Direct"
    STREAM = "stream", "Live stream"
    WEBSOCKET = "websocket", "WebSocket"
    REALTIME = "realtime", "Live session"


SHORTEST_S = "which it may have, where its header and its streams differ; null: they do not"
GIVEN_UP = "given_up"  # error type of a run that was given up because its submit got no answer
# Ours, in the error of a run that gave up: the seconds within which it had to start.
START_TIMEOUT = "start_timeout_s"


def webhook_token() -> str:
    """Return the unguessable part of a run's webhook address."""
    return secrets.token_urlsafe(32)


class Run(InProject):
    """One submission to an endpoint, and its outcome."""

    class State(models.TextChoices):
        """Our states (fal's are `fal.Phase`); pages show the label."""

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
    options = ExactJSONField(
        default=dict, help_text="fields of SubmitOptions that a program asked for, beside the input"
    )
    title = models.CharField(max_length=200, blank=True, help_text="the prompt's first line")
    batch = models.UUIDField(
        null=True, editable=False, help_text="shared by the runs that one press started together"
    )

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
    steps = ExactJSONField(
        null=True, help_text="[{at, event}]: what a workflow sent about its nodes, unchanged"
    )
    output = ExactJSONField(null=True, help_text="the model's output")
    output_text = models.TextField(
        blank=True, help_text="its body as it came, where `output` cannot hold its numbers"
    )
    error = ExactJSONField(null=True, help_text="FalError.as_json() of what ended it")
    billable_units = models.CharField(max_length=64, blank=True)

    request_id = models.CharField(max_length=128, blank=True)
    handle = ExactJSONField(null=True, help_text="the addresses that upstream returned")
    # Null for older runs: such a column is added to a million rows at once.
    correlation_id = models.CharField(  # noqa: DJ001
        max_length=64,
        null=True,
        editable=False,
        help_text="of the request that began it, as in the logs; upstream's is `request_id`",
    )
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
    is_starred = models.BooleanField(
        default=False, help_text="it or one of its files is; set by `runs/results/stars.py`"
    )
    is_example = models.BooleanField(
        default=False, help_text="shown to the team on the model's page as what it can do"
    )
    deleted_at = models.DateTimeField(null=True, help_text="can be undone until it is purged")
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="run_history"),
            # Contains every column that decides who sees a run, so that counts read no rows.
            models.Index(
                fields=["project", "-created_at", "deleted_at", "is_hidden", "user", "id"],
                name="run_in_project",
            ),
            models.Index(
                fields=["project", "endpoint", "-created_at"], name="run_in_project_of_endpoint"
            ),
            models.Index(
                fields=["project", "-created_at"],
                name="run_in_project_starred",
                condition=models.Q(is_starred=True),
            ),
            models.Index(
                fields=["state", "project", "-created_at"],
                name="run_in_project_not_done",
                condition=models.Q(state__in=["failed", "cancelled"]),
            ),
            models.Index(fields=["endpoint", "-created_at"], name="run_of_endpoint"),
            models.Index(
                fields=["user", "endpoint", "-created_at"], name="run_of_user_and_endpoint"
            ),
            models.Index(
                fields=["user", "-created_at"],
                name="run_starred",
                condition=models.Q(is_starred=True),
            ),
            models.Index(
                fields=["state", "user", "-created_at"],
                name="run_not_done",
                condition=models.Q(state__in=["failed", "cancelled"]),
            ),
            models.Index(fields=["created_at"], name="run_by_time"),
            models.Index(fields=["user", "ended_at"], name="run_ended"),
            models.Index(
                fields=["created_at"],
                name="run_unfinished",
                condition=~models.Q(state__in=["succeeded", "failed", "cancelled"]),
            ),
            models.Index(
                fields=["request_id"], name="run_by_request", condition=~models.Q(request_id="")
            ),
            models.Index(
                fields=["batch"], name="run_batch", condition=models.Q(batch__isnull=False)
            ),
            models.Index(
                fields=["endpoint", "-created_at"],
                name="run_example",
                condition=models.Q(is_example=True),
            ),
            models.Index(
                fields=["deleted_at"],
                name="run_deleted",
                condition=models.Q(deleted_at__isnull=False),
            ),
            models.Index(
                fields=["id"],
                name="run_to_purge",
                condition=models.Q(deleted_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "form_token"], name="run_once_per_form"),
        ]
        permissions = [
            ("cancel_any_run", "Can cancel anybody's run"),
            ("publish_any_run", "Can show anybody's run as an example"),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.state} {self.pk}"

    @property
    def audit_name(self) -> str:
        """Return the model and the key, which reveal nothing about the input."""
        return str(self)

    def get_absolute_url(self) -> str:
        """Return the address of the run's page."""
        return reverse("playground:run", args=[self.pk])

    @property
    def stage_address(self) -> str:
        """Return the address of the model's page with the run on its stage."""
        return f"{self.endpoint.get_absolute_url()}?shown={self.pk}"

    @property
    def stage_link(self) -> str:
        """Return that address with the stage in view, which a phone has below the form."""
        return f"{self.stage_address}#result"

    @property
    def is_final(self) -> bool:
        """Whether the state is final."""
        return self.state in self.FINAL

    @property
    def state_word(self) -> str:
        """Return the state to show. "Given up" is derived from the error: lists load no events."""
        error = self.error or {}
        if START_TIMEOUT in error:
            return "Gave up"
        return "Given up" if error.get("type") == GIVEN_UP else self.get_state_display()

    @property
    def is_awaited(self) -> bool:
        """Whether the run may still change without a person's action."""
        return not self.is_final and self.state != self.State.UNCONFIRMED

    @property
    def took(self) -> timedelta:
        """Return the time from the run's creation to its end, or until now."""
        return max((self.ended_at or timezone.now()) - self.created_at, timedelta())

    @property
    def inference_s(self) -> float | None:
        """Return the model's working time in seconds; None if upstream does not report it."""
        return inference_s(self.metrics)


class Artifact(models.Model):
    """One file of a run's output; copied to our storage, since upstream's copy expires."""

    class State(models.TextChoices):
        REMOTE = "remote", "not copied yet"
        STORED = "stored"
        LOST = "lost"

    class Provenance(models.TextChoices):
        """What a file says about its origin (`runs/results/provenance.py`)."""

        NONE = "none", "no signature"
        SIGNED = "signed", "a C2PA signature that was not checked here"
        VALID = "valid", "a C2PA signature that fits"
        INVALID = "invalid", "a C2PA signature that does not fit"

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
    shortest_s = models.FloatField(null=True, help_text=SHORTEST_S)
    # Null before the version that added it: a default would copy the table on SQLite.
    codec = models.CharField(  # noqa: DJ001
        max_length=32, null=True, help_text="FFmpeg's name of it"
    )
    size_bytes = models.BigIntegerField(null=True)
    state = models.CharField(max_length=16, choices=State, default=State.REMOTE)
    file = models.CharField(max_length=255, blank=True, help_text="name in our storage")
    poster = models.CharField(
        max_length=255, blank=True, help_text="a still of a film or a mesh, in our storage"
    )
    thumbnail = models.CharField(
        max_length=255, blank=True, help_text="a small picture of it, in our storage"
    )
    digest = models.CharField(max_length=64, blank=True)
    error = models.CharField(max_length=255, blank=True, help_text="why it was lost")
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    is_starred = models.BooleanField(default=False, help_text="one of the best; see its run's")
    provenance = models.CharField(
        max_length=16, choices=Provenance, blank=True, help_text="empty: not examined yet"
    )
    signer = models.CharField(max_length=200, blank=True, help_text="whom its signature names")
    source_type = models.CharField(
        max_length=64, blank=True, help_text="the IPTC's type of digital source that it states"
    )

    objects = ArtifactQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["run", "position"], name="artifact_place_in_run")
        ]
        indexes = [
            models.Index(fields=["digest"], name="artifact_by_content"),
            models.Index(ADDRESS_BEGINNING, name="artifact_by_address"),
            models.Index(
                fields=["next_attempt_at"],
                name="artifact_to_copy",
                condition=models.Q(state="remote"),
            ),
            models.Index(
                fields=["id"],
                name="artifact_to_examine",
                condition=models.Q(state="stored", provenance=""),
            ),
            models.Index(
                fields=["run"],
                name="artifact_signed",
                condition=models.Q(provenance__in=["signed", "valid", "invalid"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}{self.path}"

    def get_absolute_url(self) -> str:
        """Return the address of our copy."""
        return self._address

    @cached_property  # a list reads it several times for each of hundreds of files
    def _address(self) -> str:
        return reverse("playground:artifact", args=[self.run_id, self.position])

    @property
    def still(self) -> str:
        """The address of a small picture of our copy; empty without one."""
        if self.thumbnail:
            return f"{self.get_absolute_url()}thumbnail/"
        is_shown = self.state == self.State.STORED and kind_named(self.kind).is_still
        return self.get_absolute_url() if is_shown and self.is_for_browsers else ""

    @property
    def is_for_browsers(self) -> bool:
        """Whether browsers show the file itself: no TIFF, for example, and no picture too large."""
        is_small_enough = (self.width or 0) * (self.height or 0) <= MAX_PIXELS
        return is_small_enough and self.content_type not in FORMATS

    @property
    def stand_in(self) -> str:
        """What pages show in place of a picture that browsers do not: `poster`, `thumbnail`."""
        if self.is_for_browsers or not kind_named(self.kind).is_still:
            return ""
        return "poster" if self.poster else "thumbnail" if self.thumbnail else ""

    @property
    def format(self) -> str:
        """What people call its format if not every browser shows it; empty for others."""
        return CODECS.get(self.codec or "") or FORMATS.get(self.content_type, "")

    @property
    def is_inline(self) -> bool:
        """Whether the address is a data URI, which contains the file."""
        return self.address[:5].lower() == "data:"

    @property
    def address(self) -> str:
        """Return upstream's address; in lists only its beginning, enough unless it is inline."""
        return self.__dict__.get("short_url") or self.url


class ResultExcerpt(models.Model):
    """The beginning of a result without files, for lists: they load no output.

    Written when the run ends; for older runs, when a list first shows them. No columns of the run:
    SQLite would write its output again.
    """

    run = models.OneToOneField(
        Run, primary_key=True, on_delete=models.CASCADE, related_name="excerpt"
    )
    first_text = models.TextField(blank=True)
    json_excerpt = models.TextField(blank=True, help_text="of a result without texts")

    def __str__(self) -> str:
        return f"{self.run_id} {self.first_text or self.json_excerpt}"


class DerivedFile(models.Model):
    """The content of a file made of a result or of a run's output.

    People can save the file; its content leads back to the run.
    """

    class What(models.TextChoices):
        """The kind of file; pages show the label."""

        THUMBNAIL = "thumbnail", "the small picture"
        POSTER = "poster", "the still"
        STRIPPED = "stripped", "the copy without metadata"
        TEXT = "text", "a text"
        OUTPUT = "output", "the raw output"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField(help_text="of the result, or of the text in the output")
    what = models.CharField(max_length=16, choices=What)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["digest", "run", "position", "what"], name="derived_file_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.what} {self.position}"
