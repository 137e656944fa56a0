"""Reads the audit log, for tests of its content."""

from django.db.models import Model, QuerySet

from accounts.audit.entries import AuditEntry


def events() -> QuerySet[AuditEntry]:
    """Return the events, oldest first, without changes of rows and sign-ins."""
    entries = AuditEntry.objects.filter(action=AuditEntry.Action.ACCESS).order_by("pk")
    return entries.exclude(event__startswith="signed")


def changes(kind: str, row: Model | None = None) -> list[tuple[str, dict[str, list[str]] | None]]:
    """Return the changes of this kind's rows, or of one row, field by field; oldest first."""
    entries = AuditEntry.objects.exclude(action=AuditEntry.Action.ACCESS).filter(kind=kind)
    if row is not None:
        entries = entries.filter(object_pk=str(row.pk))
    return list(entries.order_by("pk").values_list("event", "changes"))
