"""The audit log: who blocked, removed, deleted or changed what, and when.

Entries outlive the person who acted and the row they are about, so they hold names rather than
rely on relations. Django's own admin log is deleted with the admin who wrote it; what the admin
writes there is written here too (`config/admin.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db.models import Model

from accounts.models import AuditEntry
from fal.db_safe import db_safe_text

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

COMMAND_LINE = "command line"  # the actor of a command, which nobody is logged in to

log = logging.getLogger(__name__)


def record(
    by: User | AnonymousUser | None,
    action: str,
    rows: Iterable[Model],
    detail: str = "",
    program: str = COMMAND_LINE,
) -> None:
    """Write an entry for each of `rows`, in the caller's transaction.

    Without a person (`by` is None) the `program` acted: a command, or a job of the worker.

    `action` is a past participle such as "blocked". The server's log gets the same without names
    that people chose.
    """
    actor = by if by is not None and by.pk else None
    entries = [
        AuditEntry(
            actor=actor,
            actor_name=actor.get_username() if actor else program,
            action=action,
            kind=row._meta.label_lower,
            object_id=str(row.pk),
            object_name=db_safe_text(str(row))[:255],
            detail=db_safe_text(detail),
        )
        for row in rows
    ]
    AuditEntry.objects.bulk_create(entries, batch_size=500)
    for entry in entries:
        who = f"person {actor.pk}" if actor else program
        log.info("%s: %s %s by %s", entry.action, entry.kind, entry.object_id, who)
