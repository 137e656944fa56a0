"""Lists what grows on an operator's disk, and what limits it.

`tests/house/operations/test_growth.py` lists what limits each table.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage

from accounts.audit.entries import AuditEntry
from core.formatting import size
from house.operations import status
from house.operations.models import Backup
from projects.kept.models import GRACE


def growing() -> Iterator[CheckMessage]:
    """Yield what grows, its present amount and its limit; a worker computes sums over tables."""
    storage = status.storage()
    floor = size(storage.floor_bytes)
    yield _growing(
        "Results",
        size(storage.results_bytes) or "none",
        f"People delete them, or days of their projects do; they go {GRACE.days} days later. "
        f"Below {floor} free none is copied.",
    )
    yield _growing(
        "Uploads",
        size(storage.uploads_bytes) or "none",
        f"{settings.UPLOADS_MAX_MB_PER_PERSON:,} MB a person (UPLOADS_MAX_MB_PER_PERSON).",
    )
    yield _growing(
        "Thumbnails",
        size(storage.pictures["bytes"]) or "none",
        "One of each model's, replaced when the catalogue's changes.",
    )
    yield _growing("Database", size(storage.database_bytes), "A run takes about 5 KB.")
    yield _growing(
        "Audit log",
        f"{AuditEntry.objects.count():,} entries",
        f"Entries go after {settings.AUDIT_DAYS} days (AUDIT_DAYS)."
        if settings.AUDIT_DAYS
        else "Kept for ever (AUDIT_DAYS=0).",
    )
    newest = Backup.objects.exclude(name="").first()
    yield _growing(
        "Backups",
        f"{size(newest.size_bytes)} the newest" if newest else "none",
        f"The newest {settings.BACKUPS_KEPT} are kept (BACKUPS_KEPT); each content once.",
    )
    copies = Path(settings.VAR_DIR) / "before-migrations"
    copies_bytes = sum(file.stat().st_size for file in copies.iterdir()) if copies.is_dir() else 0
    yield _growing("Copies from before migrations", size(copies_bytes) or "none", "Three are kept.")


def _growing(name: str, amount: str, limit: str) -> CheckMessage:
    return checks.Info(f"{name}: {amount}. {limit}", obj="grows")
