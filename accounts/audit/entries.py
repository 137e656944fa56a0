"""The audit log's entries: their model, how they are written, and their lines of JSON.

Entries hold names, which outlive the rows that they name. django-auditlog writes the entries about
changed rows; `trail.record` writes all others.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, ClassVar

from auditlog.models import AbstractLogEntry, LogEntryManager
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils import timezone

from accounts.audit import acting
from fal.db_safe import db_safe_text

MAX_NAME_CHARS = 255
# What happened to the row, by django-auditlog's number of the action.
ROW_EVENTS = {0: "row added", 1: "row changed", 2: "row deleted"}
# Its handler is set up by `config/audit.py`; nothing else is written to it.
LOGGER = logging.getLogger("vitrine.audit")


def about(row: models.Model) -> dict[str, Any]:
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

    def log_create(self, instance: models.Model, force_log: bool = False, **kwargs: Any) -> Any:
        """Write what changed in a row that was saved or deleted."""
        return super().log_create(instance, force_log, **about(instance), **kwargs)

    def log_m2m_changes(
        self,
        changed_queryset: Iterable[models.Model],
        instance: models.Model,
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
        publish([entry])
        return entry


class AuditEntry(AbstractLogEntry):
    """One act on one row; stays when the person or the row is gone (`accounts.audit`).

    It is django-auditlog's entry, used for changes of rows and for our own events.
    """

    # django-auditlog's fields, with fewer indexes, and with a content type that may be removed.
    content_type = models.ForeignKey(  # type: ignore[assignment]
        ContentType, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    object_pk = models.CharField(max_length=255, blank=True)
    object_id = models.BigIntegerField(null=True, blank=True)
    object_repr = models.CharField(max_length=255, blank=True)
    action = models.PositiveSmallIntegerField(
        choices=AbstractLogEntry.Action.choices, default=AbstractLogEntry.Action.ACCESS
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    cid = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001  django-auditlog's
    timestamp = models.DateTimeField(default=timezone.now)
    # Our own fields
    actor_name = models.CharField(max_length=150, help_text="as it was when they acted")
    event = models.CharField(max_length=60, help_text="a past participle, such as blocked")
    kind = models.CharField(max_length=100, help_text="the row's model, such as playground.run")
    in_project = models.BigIntegerField(null=True, help_text="the project's key, if any")
    detail = models.TextField(blank=True)

    objects: ClassVar[models.Manager[AuditEntry]] = AuditEntryManager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-timestamp", "-pk"]
        indexes = [
            models.Index(fields=["-timestamp", "-id"], name="audit_by_time"),
            models.Index(fields=["kind", "object_pk", "-timestamp"], name="audit_of_object"),
            models.Index(fields=["kind", "-timestamp", "-id"], name="audit_of_kind"),
            models.Index(fields=["event", "-timestamp", "-id"], name="audit_of_event"),
            models.Index(fields=["actor_name", "-timestamp", "-id"], name="audit_of_name"),
            models.Index(fields=["actor"], name="audit_of_actor"),
            models.Index(
                fields=["in_project", "-timestamp", "-id"],
                name="audit_in_project",
                condition=models.Q(in_project__isnull=False),
            ),
            models.Index(fields=["remote_addr", "-timestamp", "-id"], name="audit_from_address"),
        ]
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.actor_name} {self.event} {self.kind} {self.object_pk}"


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


def publish(entries: Iterable[AuditEntry]) -> None:
    """Write a line for each entry once the transaction has committed, if `AUDIT_LOG` is set."""
    if settings.AUDIT_LOG:
        transaction.on_commit(partial(_write, [json_line(entry) for entry in entries]), robust=True)


def _write(texts: Iterable[str]) -> None:
    for text in texts:
        LOGGER.info("%s", text)


def json_line(entry: AuditEntry) -> str:
    """Return the entry as one line of JSON."""
    return json.dumps(as_json(entry), ensure_ascii=False)


def as_json(entry: AuditEntry) -> dict[str, Any]:
    """Return an entry as JSON values: actor, event, row, time, address, and changed values."""
    return {
        "id": entry.pk,
        "at": entry.timestamp.isoformat(),
        "who": entry.actor_name,
        "who_id": entry.actor_id,
        "address": entry.remote_addr,
        "event": entry.event,
        "kind": entry.kind,
        "object_id": entry.object_pk,
        "object": entry.object_repr,
        "project_id": entry.in_project,
        "detail": entry.detail,
        "changes": {name: [old, new] for name, old, new in before_and_after(entry.changes)},
    }


def before_and_after(changes: Mapping[str, Any] | None) -> list[tuple[str, Any, Any]]:
    """Return each changed field with its former and its new value.

    For a many-to-many relation these are the removed and the added rows.
    """
    rows = []
    for name, change in sorted((changes or {}).items()):
        if isinstance(change, Mapping):
            names = ", ".join(map(str, change.get("objects", [])))
            is_added = change.get("operation") == "add"
            rows.append((name, "" if is_added else names, names if is_added else ""))
        else:
            old, new = change
            rows.append((name, _without_none(old), _without_none(new)))
    return rows


def _without_none(value: Any) -> Any:
    """Return a value, or "" for django-auditlog's "None"."""
    return "" if value in (None, "None") else value
