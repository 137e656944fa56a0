"""Lists what grows on an operator's disk and in each table, and what limits it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import CASCADE, Model

from accounts.audit.entries import AuditEntry
from core.formatting import size
from house.operations import status
from house.operations.models import Backup
from house.operations.retention import expired
from projects.kept.models import GRACE, Kept

# Limits of the tables whose rows are not deleted with others or by age; each model needs one.
HELD: Mapping[str, str] = {
    "the code: rows for each of its models": "auth.Permission contenttypes.ContentType",
    "few for each person, by their acts": (
        "account.EmailAddress accounts.Preferences api.Token auth.Group auth.User "
        "catalog.Collection catalog.Reader mfa.Authenticator notifications.Channel "
        "notifications.NotificationPreferences people.GivenPermission people.Invitation "
        "playground.KeySeal playground.Share projects.Project retirement.Replacement "
        "socialaccount.SocialAccount socialaccount.SocialApp"
    ),
    "housekeeping: what has expired goes within the hour, the audit log after AUDIT_DAYS": (
        "accounts.AuditEntry accounts.LoginLink accounts.QueuedMail accounts.RateBucket "
        "accounts.SignInCounter accounts.SpentToken sessions.Session usersessions.UserSession"
    ),
    "the catalogue: one for each of upstream's, the newest changes and syncs": (
        "catalog.Change catalog.Endpoint catalog.Picture catalog.Revision catalog.Schema "
        "catalog.SyncReport"
    ),
    "a row for each run, which outlives it, and a row for each model in a project": (
        "playground.RecordSum playground.RecordedRun"
    ),
    "a row or two": (
        "notifications.SigningKey playground.KeptFigures playground.UpstreamKeys "
        "spending.BillingState spending.SpendingRules"
    ),
    "days of projects and of the house, and the purge": (
        "playground.DiscardedContent playground.Run playground.Upload"
    ),
    "few by their nature: versions, processes at work, kinds of events": (
        "operations.Counter operations.CspReport operations.DataVersion operations.ServerProcess"
    ),
    "queues, which the worker empties": (
        "playground.UploadReservation playground.UpstreamDeletion playground.WantedCopy"
    ),
    "money, kept for ever": (
        "api.KeyedCall playground.Charge playground.DailySum spending.Alarm spending.BillingEvent"
    ),
}


class Thing(NamedTuple):
    """Something that grows: its present amount, and a sentence about its limit."""

    name: str
    amount: str
    limit: str


def things() -> Iterator[Thing]:
    """Yield what grows, the largest kinds first; a worker computes sums over whole tables."""
    storage = status.storage()
    floor = size(storage.floor_bytes)
    yield Thing(
        "Results",
        size(storage.results_bytes) or "none",
        f"People delete them, or days of their projects do; they go {GRACE.days} days later. "
        f"Below {floor} free none is copied.",
    )
    yield Thing(
        "Uploads",
        size(storage.uploads_bytes) or "none",
        f"{settings.UPLOADS_MAX_MB_PER_PERSON:,} MB a person (UPLOADS_MAX_MB_PER_PERSON).",
    )
    yield Thing(
        "Thumbnails",
        size(storage.pictures["bytes"]) or "none",
        "One of each model's, replaced when the catalogue's changes.",
    )
    yield Thing("Database", size(storage.database_bytes), "A run takes about 5 KB.")
    yield Thing(
        "Audit log",
        f"{AuditEntry.objects.count():,} entries",
        f"Entries go after {settings.AUDIT_DAYS} days (AUDIT_DAYS)."
        if settings.AUDIT_DAYS
        else "Kept for ever (AUDIT_DAYS=0).",
    )
    newest = Backup.objects.exclude(name="").first()
    yield Thing(
        "Backups",
        f"{size(newest.size_bytes)} the newest" if newest else "none",
        f"The newest {settings.BACKUPS_KEPT} are kept (BACKUPS_KEPT); each content once.",
    )
    copies = Path(settings.VAR_DIR) / "before-migrations"
    copies_bytes = sum(file.stat().st_size for file in copies.iterdir()) if copies.is_dir() else 0
    yield Thing("Copies from before migrations", size(copies_bytes) or "none", "Three are kept.")


def holder(model: type[Model]) -> str:
    """Return what keeps a table from growing without end; empty if nothing does."""
    label = model._meta.label
    for rows in expired.ROWS:
        if rows.model == label:
            return f"goes by {rows.setting}"
    if issubclass(model, Kept):
        return "people make them and delete them"
    for words, labels in HELD.items():
        if label in labels.split():
            return words
    for field in model._meta.concrete_fields:
        above = field.related_model
        goes_along = getattr(field.remote_field, "on_delete", None) is CASCADE
        if goes_along and isinstance(above, type) and above is not User:
            return f"goes with its {above._meta.verbose_name}"
    return ""
