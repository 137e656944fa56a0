"""Deletes rows of all kinds for good once nobody can bring them back.

Runs have their own purge, which also deletes files (`runs/files/purge.py`).
"""

from __future__ import annotations

from auditlog.context import disable_auditlog
from django.utils import timezone

from core.db import recoverable
from projects.kept.models import GRACE, kinds

EVERY_S = 3600.0
SOON_S = 1.0  # while more rows are due
AT_ONCE = 50  # rows of a kind, so that no writer waits long


def step() -> float:
    """Purge some; returns the seconds until the next step."""
    with disable_auditlog():  # it says already who deleted them
        recoverable.purge()
    long_ago = timezone.now() - GRACE
    wait_s = EVERY_S
    for kind in kinds():
        if not kind.is_purged:
            continue
        due_rows = kind._base_manager.filter(deleted_at__lt=long_ago).order_by("pk")[:AT_ONCE]
        for row in due_rows:  # each in its own transaction, with the rows that belong to it
            row.delete()
            wait_s = SOON_S
    return wait_s
