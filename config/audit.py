"""The audit log's settings: how long entries are kept, where else they are written, which rows.

`AUDITED` lists the rows whose changes django-auditlog writes, field by field.
These are the rows that an IT department asks about: who may do what, where, and with which keys.
Runs, sessions, counters and the catalogue's copy are excluded, because they change all the time,
and so are private texts. Each model lists its fields, without secrets, digests and times of use.
Code that changes rows by `update()` calls `trail.record` with the `changes` instead.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

# Here because the settings import no app: they are read before apps can be, and without them.
KEPT_DAYS = 30  # younger entries are never deleted; AUDIT_DAYS is at least as long
LOGGER_NAME = "vitrine.audit"
SYSLOG_SOCKET = "/dev/log"
SYSLOG_PORT = 514  # RFC 5426
FACILITY = "auth"


def require_days(days: int) -> int:
    """Return AUDIT_DAYS; raises ImproperlyConfigured for less than the database keeps anyway."""
    if 0 < days < KEPT_DAYS:
        raise ImproperlyConfigured(
            f"AUDIT_DAYS must be {KEPT_DAYS} or more, or 0 to keep the audit log for ever; "
            f"not {days}."
        )
    return days


def handlers(place: str) -> dict[str, dict[str, Any]]:
    """Return the logging handler for the JSON lines, by its name; empty without a place.

    `place` is a file's absolute path, `syslog:` for this machine's, or `syslog://host:port`.
    Raises ImproperlyConfigured for anything else.
    """
    return {"audit": _handler(place)} if place else {}


def loggers(place: str) -> dict[str, dict[str, Any]]:
    """Return the logger of the JSON lines, which go nowhere else."""
    return {LOGGER_NAME: {"handlers": [*handlers(place)], "level": "INFO", "propagate": False}}


def _handler(place: str) -> dict[str, Any]:
    if place.startswith("syslog:"):
        return {
            "class": "logging.handlers.SysLogHandler",
            "address": _syslog(place),
            "facility": FACILITY,
            "formatter": "audit-syslog",
        }
    path = Path(place).expanduser()
    if not path.is_absolute() or not path.parent.is_dir():
        raise ImproperlyConfigured(
            f"AUDIT_LOG must be the absolute path of a file in a folder that exists, `syslog:`, or "
            f"syslog://host:port; not {place!r}."
        )
    # It reopens a file that logrotate has moved away.
    return {
        "class": "logging.handlers.WatchedFileHandler",
        "filename": str(path),
        "encoding": "utf-8",
        "delay": True,
        "formatter": "audit",
    }


def _syslog(place: str) -> str | tuple[str, int]:
    parts = urlsplit(place)
    if place in {"syslog:", "syslog://"}:
        return SYSLOG_SOCKET
    try:
        host, port = parts.hostname, parts.port or SYSLOG_PORT
    except ValueError:
        host, port = None, 0
    if not host:
        raise ImproperlyConfigured(f"AUDIT_LOG must be syslog://host:port, not {place!r}.")
    return host, port


FORMATTERS: dict[str, Any] = {
    "audit": {"format": "%(message)s"},
    # The prefix tells readers of a syslog which program wrote a line.
    "audit-syslog": {"format": "vitrine: %(message)s"},
}

AUDITED: list[dict[str, Any]] = [
    {
        "model": "auth.User",
        "include_fields": [
            "username",
            "first_name",
            "last_name",
            "email",
            "is_active",
            "is_staff",
            "is_superuser",
            "groups",
            "user_permissions",
        ],
        "m2m_fields": {"groups", "user_permissions"},
    },
    {
        "model": "auth.Group",
        "include_fields": ["name", "permissions"],
        "m2m_fields": {"permissions"},
    },
    {
        "model": "projects.Project",
        "include_fields": [
            "name",
            "description",
            "hides_new_runs",
            "retention_days",
            "files_days",
            "fal_keeps",
            "deputies_take_over",
            "archived_at",
        ],
    },
    {"model": "projects.Membership", "include_fields": ["project", "user", "role"]},
    {
        "model": "projects.Rule",
        "include_fields": ["project", "effect", "kind", "value", "reason", "is_binding", "made_by"],
    },
    {
        "model": "people.Invitation",
        "include_fields": ["role", "email", "made_by", "expires_at", "max_uses", "revoked_at"],
    },
    {"model": "account.EmailAddress", "include_fields": ["user", "email", "verified", "primary"]},
    # Without `extra_data`, because an issuer may send anything about a person.
    {"model": "socialaccount.SocialAccount", "include_fields": ["user", "provider", "uid"]},
    {"model": "mfa.Authenticator", "include_fields": ["user", "type"]},
    {
        "model": "api.Token",
        "include_fields": ["user", "project", "name", "scopes", "expires_at", "revoked_at"],
    },
    {
        "model": "catalog.Collection",
        "include_fields": ["title", "description", "is_published", "owner", "cover"],
    },
    {"model": "notifications.Channel", "include_fields": ["user", "method", "name", "is_paused"]},
    {
        "model": "spending.Budget",
        "include_fields": [
            "scope",
            "project",
            "person",
            "token",
            "period",
            "begins_on",
            "ends_on",
            "limit",
            "ended_at",
        ],
    },
    {
        "model": "playground.ProjectKey",
        "include_fields": ["project", "key_id", "state", "made_by", "ended_at"],
    },
    {
        "model": "spending.SpendingRules",
        "include_fields": [
            "unknown",
            "assumed",
            "ceiling",
            "alarm_factor",
            "alarm_least",
            "holds_models",
        ],
    },
]
