"""Rows about the deployment: versions, backups, processes, counts, announced deletions."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from core.process import identity
from projects.models import Project

SILENT = timedelta(minutes=10)  # without a heartbeat; then its process was killed


class Backup(models.Model):
    """A backup: its progress, its content, and whether it was proved."""

    class State(models.TextChoices):
        """Whether the backup can be restored."""

        RUNNING = "running"
        MADE = "made"
        PROVED = "proved", "made and proved"
        DOUBTED = "doubted", "made, but its proof failed"
        FAILED = "failed"

    name = models.CharField(max_length=40, help_text="its folder, empty until it is made")
    reason = models.CharField(max_length=60, help_text="why it was made")
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField(db_default=Now())
    beat_at = models.DateTimeField(db_default=Now(), help_text="its process was alive")
    process = models.CharField(  # noqa: DJ001  a new column, which former versions leave out
        max_length=identity.LONGEST, null=True, help_text="which makes it, and proves it"
    )
    ended_at = models.DateTimeField(null=True)
    step = models.CharField(max_length=200, blank=True, help_text="what is being done")
    files = models.PositiveIntegerField(default=0)
    size_bytes = models.BigIntegerField(default=0, help_text="of the database and all files")
    written_bytes = models.BigIntegerField(default=0, help_text="what no earlier backup had")
    proved_at = models.DateTimeField(null=True)
    trouble = models.TextField(blank=True, help_text="why it failed, or what its proof found")

    class Meta:
        """Newest first; one running at a time."""

        ordering = ("-started_at",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["state"],
                condition=models.Q(state="running"),
                name="operations_one_backup_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return self.name or f"backup {self.pk}"


class CspReport(models.Model):
    """Something that browsers refused to load on one of our pages, with a count."""

    directive = models.CharField(max_length=64, help_text="the rule that it broke")
    blocked = models.CharField(max_length=255, help_text="inline, eval, or where it came from")
    page = models.CharField(max_length=255, help_text="the route of the page")
    times = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField(db_default=Now())
    last_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Newest first."""

        ordering = ("-last_at", "-pk")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["directive", "blocked", "page"], name="operations_csp_report_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.directive}: {self.blocked} on {self.page}"


class Counter(models.Model):
    """A number that only grows: each process adds its counts since its last report."""

    name = models.CharField(max_length=64)
    labels = models.CharField(max_length=255, help_text="a JSON object of few values")
    value = models.FloatField()

    class Meta:
        """One row per series, to which all processes add."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "labels"], name="operations_counter_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.labels}"


class ServerProcess(models.Model):
    """A process at work, as it last reported."""

    identity = models.CharField(
        primary_key=True, max_length=identity.LONGEST, help_text="`core.process.identity`"
    )
    kind = models.CharField(max_length=16, help_text="web, worker or realtime")
    secret_key = models.CharField(  # noqa: DJ001  a new column, which former versions leave out
        max_length=16, null=True, help_text="which SECRET_KEY it has, not the key"
    )
    memory_bytes = models.BigIntegerField(null=True, help_text="resident; empty: not known here")
    started_at = models.DateTimeField(db_default=Now())
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.identity}"


class DataVersion(models.Model):
    """A version of Vitrine that has migrated the data; the newest row counts."""

    version = models.CharField(max_length=40)
    migrated_at = models.DateTimeField(db_default=Now())
    migrations = models.PositiveIntegerField(help_text="how many it knows, all of them applied")

    class Meta:
        """Newest first."""

        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"Vitrine {self.version}"


class Announcement(models.Model):
    """An announced deletion of a project's old things of one kind; its managers were notified."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, help_text="of `house/operations/retention/kinds.py`")
    days = models.PositiveIntegerField(help_text="the age as it was set then")
    before = models.DateTimeField(help_text="what ended later does not go yet")
    goes_at = models.DateTimeField()
    number = models.PositiveIntegerField(help_text="how many there were to go")

    class Meta:
        """One per project and kind."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "kind"], name="announced_once_per_kind")
        ]

    def __str__(self) -> str:
        return f"{self.kind} of project {self.project_id}"
