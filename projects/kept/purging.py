"""Deletes for good what was deleted so long ago that nobody can bring it back; of all kinds.

Runs have a purge of their own, since files go with them (`runs/files/purge.py`).
"""

from __future__ import annotations

from auditlog.context import disable_auditlog
from django.utils import timezone

from core.db import recoverable
from projects.kept.models import GRACE, kinds

EVERY_S = 3600.0
SOON_S = 1.0  # while more is due
AT_ONCE = 50  # of a kind: no writer waits long for what goes with them


def step() -> float:
    """Purge some; returns the seconds until the next step."""
    with disable_auditlog():  # it says already who deleted them
        recoverable.purge()
    long_ago = timezone.now() - GRACE
    wait_s = EVERY_S
    for kind in kinds():
        if not kind.is_purged:
            continue
        due = kind._base_manager.filter(deleted_at__lt=long_ago).order_by("pk")[:AT_ONCE]
        for row in due:  # each in its own transaction, with what belongs to it
            row.delete()
            wait_s = SOON_S
    return wait_s
