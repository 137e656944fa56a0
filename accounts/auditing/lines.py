"""Audit entries as JSON: a line of the file or syslog that `AUDIT_LOG` names, and of a download."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

if TYPE_CHECKING:
    from accounts.models import AuditEntry

# Its handler is set up by `config/audit_log.py`; nothing else is written to it.
LOGGER = logging.getLogger("vitrine.audit")


def publish(entries: Iterable[AuditEntry]) -> None:
    """Write a line for each entry once the transaction has committed, if `AUDIT_LOG` is set."""
    if settings.AUDIT_LOG:
        transaction.on_commit(partial(_write, [line(entry) for entry in entries]), robust=True)


def _write(texts: Iterable[str]) -> None:
    for text in texts:
        LOGGER.info("%s", text)


def line(entry: AuditEntry) -> str:
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
