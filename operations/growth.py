"""What grows on an operator's disk: how much of it there is, and what holds it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from core.formatting import size
from kept.models import GRACE
from operations import status
from operations.models import Backup
from people.accounts.models import AuditEntry


class Thing(NamedTuple):
    """Something that grows: how much there is, and the sentence on what holds it."""

    name: str
    amount: str
    limit: str


def things() -> Iterator[Thing]:
    """Yield what grows, the largest kinds first; sums of whole tables are a worker's last."""
    storage = status.storage()
    floor = size(storage.floor_bytes)
    yield Thing(
        "Results",
        size(storage.results_bytes) or "none",
        f"People delete them; they go {GRACE.days} days later. Below {floor} free (DISK_FLOOR_MB) "
        "none is copied.",
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
    held = sum(file.stat().st_size for file in copies.iterdir()) if copies.is_dir() else 0
    yield Thing("Copies from before migrations", size(held) or "none", "Three are kept.")
