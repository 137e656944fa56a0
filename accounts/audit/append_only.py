"""Database triggers that refuse changes of audit entries, and deletions of recent ones.

Only somebody with the database's own password can drop them; Vitrine itself cannot bypass them.
Installed after every `migrate`, because SQLite drops triggers when a migration rebuilds a table.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections

TABLE = "accounts_auditentry"
KEPT_DAYS = settings.AUDIT_KEPT_DAYS  # younger entries are never deleted
# Columns that become NULL when the row that they refer to is removed.
_REMOVED_ALONG = {"actor_id", "content_type_id"}
CHANGE = "Entries of the audit log cannot be changed."
DELETION = f"Entries of the audit log are kept for at least {KEPT_DAYS} days."


def install(using: str = "default", **_: Any) -> None:
    """Recreate the triggers; do nothing halfway through the migrations."""
    connection = connections[using]
    if TABLE not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, TABLE)
        if not {column.name for column in described} >= {*_columns()}:
            return
        for sql in [*removal(connection.vendor), *creation(connection.vendor)]:
            cursor.execute(sql)


def removal(vendor: str) -> list[str]:
    """Return the statements that remove the triggers."""
    on = f" ON {TABLE}" if vendor == "postgresql" else ""
    names = ("audit_unchanged", "audit_actor_unchanged", "audit_kept")
    return [f"DROP TRIGGER IF EXISTS {name}{on}" for name in names]


def creation(vendor: str) -> list[str]:
    """Return the statements that create the triggers, and the function that they call."""
    young = {
        "sqlite": f"""OLD."timestamp" > datetime('now', '-{KEPT_DAYS} days')""",
        "postgresql": f"""OLD."timestamp" > now() - interval '{KEPT_DAYS} days'""",
    }[vendor]
    columns = ", ".join(f'"{name}"' for name in _columns() if name not in _REMOVED_ALONG)
    triggers = [
        ("audit_unchanged", f"UPDATE OF {columns}", "", CHANGE),
        ("audit_actor_unchanged", "UPDATE OF actor_id", "NEW.actor_id IS NOT NULL", CHANGE),
        ("audit_kept", "DELETE", young, DELETION),
    ]
    if vendor == "sqlite":
        return [
            f"CREATE TRIGGER {name} BEFORE {event} ON {TABLE} "
            f"{f'WHEN {condition}' if condition else ''} "
            f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
            for name, event, condition, sentence in triggers
        ]
    function = (
        "CREATE OR REPLACE FUNCTION accounts_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$"
    )
    return [
        function,
        *(
            f"CREATE TRIGGER {name} BEFORE {event} ON {TABLE} FOR EACH ROW "
            f"{f'WHEN ({condition})' if condition else ''} "
            f"EXECUTE FUNCTION accounts_refuse('{sentence}')"
            for name, event, condition, sentence in triggers
        ),
    ]


def _columns() -> list[str]:
    model = apps.get_model("accounts", "AuditEntry")
    return sorted(str(field.column) for field in model._meta.local_concrete_fields)
