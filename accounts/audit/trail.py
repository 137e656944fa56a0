"""The audit log: who did what to which row, when, from where, and what changed.

Entries outlive the person who acted and the row they are about, so they hold names and do not rely
on relations. django-auditlog writes changes of the rows in `config/audit.py`; `record`
writes all other events. Django deletes its own admin log with the user who acted, so its entries
are written here too (`config/admin.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Model
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts.audit import acting
from accounts.audit.entries import AuditEntry, about, publish
from core.http.client_addresses import client_address
from fal.db_safe import db_safe_text

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

BATCH_ROWS = 500

log = logging.getLogger(__name__)


def record(
    by: User | AnonymousUser | None,
    action: str,
    rows: Iterable[Model],
    detail: str = "",
    program: str = "",
    changes: Mapping[Any, Mapping[str, tuple[Any, Any]]] | None = None,
) -> None:
    """Write an entry for each of `rows`, in the caller's transaction.

    If `by` is None, a `program` acted, such as a job of the worker; by default the command line, or
    "somebody" during a request.

    `action` is a past participle such as "blocked". `changes` maps row keys to the former and new
    values of fields that django-auditlog does not write. The server's log gets the same without
    names that people chose.
    """
    actor = by if by is not None and by.pk else None
    actor_name = actor.get_username() if actor else program or acting.nobody()
    entries = [
        AuditEntry(
            actor=actor,
            actor_name=actor_name,
            remote_addr=acting.address(),
            event=action,
            object_pk=str(row.pk or ""),
            detail=db_safe_text(detail),
            changes=(changes or {}).get(row.pk),
            **about(row),
        )
        for row in rows
    ]
    AuditEntry.objects.bulk_create(entries, batch_size=BATCH_ROWS)
    publish(entries)
    for entry in entries:
        by_whom = f"person {actor.pk}" if actor else actor_name
        log.info("%s: %s %s by %s", entry.event, entry.kind, entry.object_pk, by_whom)


def record_export(request: HttpRequest, rows: Iterable[Model], detail: str = "") -> None:
    """Write that the request's user downloads these rows as a file; nothing for a HEAD request."""
    if request.method == "GET":
        record(request.user, "exported", rows, detail)


def delete_expired(batch_rows: int) -> int:
    """Delete up to `batch_rows` entries older than `AUDIT_DAYS`; returns their number."""
    if not settings.AUDIT_DAYS:
        return 0
    end = timezone.now() - timedelta(days=settings.AUDIT_DAYS)
    old = AuditEntry.objects.filter(timestamp__lt=end).order_by("timestamp", "pk")
    keys = list(old.values_list("pk", flat=True)[:batch_rows])
    return int(AuditEntry.objects.filter(pk__in=keys).delete()[0])


def remember_request(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: entries written while a request is answered name its user and address.

    It replaces django-auditlog's middleware, which trusts any `X-Forwarded-For` and connects a
    receiver for each request.
    """

    def respond(request: HttpRequest) -> HttpResponseBase:
        with acting.within(request, client_address(request)):
            return get_response(request)

    return respond
