"""What the audit log says, for tests of what is in it."""

from __future__ import annotations

from django.db.models import Model, QuerySet

from accounts.audit.entries import AuditEntry


def events() -> QuerySet[AuditEntry]:
    """The events, oldest first: without the changes of rows, and without sign-ins."""
    entries = AuditEntry.objects.filter(action=AuditEntry.Action.ACCESS).order_by("pk")
    return entries.exclude(event__startswith="signed")


def changes(kind: str, row: Model | None = None) -> list[tuple[str, dict[str, list[str]] | None]]:
    """What happened to rows of the kind, or to one of them, field by field; oldest first."""
    entries = AuditEntry.objects.exclude(action=AuditEntry.Action.ACCESS).filter(kind=kind)
    if row is not None:
        entries = entries.filter(object_pk=str(row.pk))
    return list(entries.order_by("pk").values_list("event", "changes"))
