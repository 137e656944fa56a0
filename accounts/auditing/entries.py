"""Writes django-auditlog's entries with names, which outlive the rows that they name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from auditlog.models import LogEntryManager
from django.db.models import Model

from accounts.auditing import acting, lines
from fal.db_safe import db_safe_text

MAX_NAME_CHARS = 255
# What happened to the row, by django-auditlog's number of the action.
ROW_EVENTS = {0: "row added", 1: "row changed", 2: "row deleted"}


def about(row: Model) -> dict[str, Any]:
    """Return the fields of an entry that identify its row.

    A row has an `audit_name` if its `str` would show private text. `in_project` is the key of the
    row's project, or of the row itself if it is a project.
    """
    name = getattr(row, "audit_name", None) or str(row)
    is_project = row._meta.label_lower == "projects.project"
    return {
        "kind": row._meta.label_lower,
        "object_repr": db_safe_text(name)[:MAX_NAME_CHARS],
        "in_project": row.pk if is_project else getattr(row, "project_id", None),
    }


class AuditEntryManager(LogEntryManager):
    """django-auditlog's manager, which its receivers call; adds the actor and their address."""

    def log_create(self, instance: Model, force_log: bool = False, **kwargs: Any) -> Any:
        """Write what changed in a row that was saved or deleted."""
        return super().log_create(instance, force_log, **about(instance), **kwargs)

    def log_m2m_changes(
        self,
        changed_queryset: Iterable[Model],
        instance: Model,
        operation: str,
        field_name: str,
        **kwargs: Any,
    ) -> Any:
        """Write which rows were added to or removed from another one."""
        return super().log_m2m_changes(  # type: ignore[no-untyped-call]
            changed_queryset, instance, operation, field_name, **about(instance), **kwargs
        )

    def create(self, **values: Any) -> Any:
        """Insert an entry, and publish it once it is committed."""
        actor = values.setdefault("actor", acting.person())
        values.setdefault("actor_name", actor.get_username() if actor else acting.nobody())
        values.setdefault("remote_addr", acting.address())
        values.setdefault("event", ROW_EVENTS.get(values.get("action", 3), "looked at"))
        values["changes"] = _clean(values.get("changes"))
        entry = super().create(**values)
        lines.publish([entry])
        return entry


def _clean(changes: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return changes that PostgreSQL can store as JSON."""
    if not changes:
        return None
    return {name: _safe(change) for name, change in changes.items()}


def _safe(value: Any) -> Any:
    if isinstance(value, str):
        return db_safe_text(value)
    if isinstance(value, list | tuple):
        return [_safe(item) for item in value]
    return {key: _safe(item) for key, item in value.items()} if isinstance(value, dict) else value
