"""Rows that workers use: heartbeats, webhook keys, stored deliveries, backfills, figures."""

from __future__ import annotations

from django.db import models

from core.db.json_field import ExactJSONField
from runs.models.run import Run


class Worker(models.Model):
    """A worker process's heartbeat, read by /healthz and pages."""

    name = models.CharField(primary_key=True, max_length=64)
    started_at = models.DateTimeField(auto_now_add=True)
    beat_at = models.DateTimeField()
    has_key = models.BooleanField(default=False)
    upstream = models.CharField(max_length=16, blank=True, help_text="fal or sandbox")
    upstream_host = models.CharField(
        max_length=255, blank=True, help_text="host that runs are sent to"
    )
    trouble = models.CharField(
        max_length=255, blank=True, help_text="what is missing in upstream's responses"
    )
    breakers = ExactJSONField(
        default=list, help_text="[{host, state, trouble}] of its circuit breakers"
    )

    def __str__(self) -> str:
        return self.name


class UpstreamKeys(models.Model):
    """The keys that sign upstream's webhooks: one row, written by workers, read by the web."""

    jwks = ExactJSONField(default=dict, help_text="the key set as upstream gave it")
    fetched_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True, help_text="when a worker last tried to fetch them")
    wanted_at = models.DateTimeField(
        null=True,
        help_text="when the web process requested newer ones, as no key fitted a signature",
    )

    account = models.CharField(
        max_length=128,
        blank=True,
        help_text="upstream's id of our account, learnt from its reports",
    )

    class Meta:
        db_table = "playground_signingkeys"

    def __str__(self) -> str:
        return f"keys of {self.fetched_at}"


class WebhookReport(models.Model):
    """A webhook stored for the worker, since it could not be verified yet or lacks the result."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="webhook_reports")
    headers = ExactJSONField(help_text="the signature's headers, in lower case")
    body = models.BinaryField()
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "playground_delivery"

    def __str__(self) -> str:
        return f"{self.run_id} {self.received_at}"


class MetadataBackfill(models.Model):
    """A run that a webhook ended; its billed units, metrics and log still have to be fetched."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="metadata_backfill")
    due_at = models.DateTimeField()

    class Meta:
        db_table = "playground_latelook"

    def __str__(self) -> str:
        return f"{self.run_id} {self.due_at}"


class WantedCopy(models.Model):
    """A request to a worker: copy a stored file without metadata.

    It exists until the copy is made or proves impossible (`runs/files/stripped_copies.py`).
    """

    file = models.CharField(primary_key=True, max_length=255, help_text="name in our storage")
    tries = models.PositiveSmallIntegerField(default=0, help_text="that took too long")
    next_attempt_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.file


class UpstreamDeletion(models.Model):
    """A wish to delete at fal what it stores of a run: payloads and output files.

    It has no relation to the run, which may be purged before fal confirms. Once fal has, the row
    says so on the run's page and goes with the run (`runs/ownership/upstream_deletion.py`).
    """

    run_id = models.UUIDField(primary_key=True)
    request_id = models.CharField(
        max_length=128, blank=True, help_text="empty: not known before the run is sent"
    )
    asked_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(help_text="when a worker asks fal next")
    attempts = models.PositiveIntegerField(default=0)
    trouble = models.CharField(max_length=255, blank=True, help_text="why fal still has some of it")
    deleted_at = models.DateTimeField(null=True, help_text="when fal confirmed")

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"],
                name="upstream_deletion_due",
                condition=models.Q(deleted_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.request_id}"


class KeptFigures(models.Model):
    """Figures of one kind that need a whole table, and when a worker computed them.

    `runs/results/figures.py` computes them from time to time; pages show them.
    """

    kind = models.CharField(primary_key=True, max_length=32)
    values = ExactJSONField(default=dict)
    made_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(help_text="when a worker computes them again")

    def __str__(self) -> str:
        return self.kind
