"""Triggers, by which the database records the writes of any code and any release."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, NamedTuple


class Trigger(NamedTuple):
    """Statements to execute for each row of `table` after `event`, such as `INSERT`.

    They and the `condition` name the row's columns `NEW.…` and `OLD.…`.
    """

    name: str
    table: str
    event: str
    statements: tuple[str, ...]
    condition: str = ""


def has_changed(*columns: str) -> str:
    """Return the condition that an update changes one of these columns, in any database's SQL."""
    differ = (
        f"NEW.{name} <> OLD.{name} OR (NEW.{name} IS NULL) <> (OLD.{name} IS NULL)"
        for name in columns
    )
    return " OR ".join(differ)


def create_after_insert(cursor: Any, name: str, table: str, condition: str, statement: str) -> None:
    """Execute a statement after the insertion of each row for which a condition on NEW holds."""
    create(cursor, [Trigger(name, table, "INSERT", (statement,), condition)])


def create(cursor: Any, triggers: Iterable[Trigger]) -> None:
    """Create the triggers that are missing or differ.

    SQLite drops those of a table when a migration rebuilds it. PostgreSQL rewrites their SQL, so a
    comment holds the digest of what was executed. Replacing one waits for writers alone, and no
    write goes unrecorded meanwhile.
    """
    is_sqlite = cursor.db.vendor == "sqlite"
    cursor.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        if is_sqlite
        else "SELECT tgname, obj_description(oid, 'pg_trigger') FROM pg_trigger "
        "WHERE NOT tgisinternal"
    )
    existing = dict(cursor.fetchall())
    for trigger in triggers:
        sql = _sqlite(trigger) if is_sqlite else "\n".join(_postgresql(trigger))
        mark = sql if is_sqlite else hashlib.sha256(sql.encode()).hexdigest()[:32]
        if existing.get(trigger.name) == mark:
            continue
        if is_sqlite:
            cursor.execute(f"DROP TRIGGER IF EXISTS {trigger.name}")
            cursor.execute(sql)
            continue
        for statement in _postgresql(trigger):
            cursor.execute(statement)
        cursor.execute(f"COMMENT ON TRIGGER {trigger.name} ON {trigger.table} IS '{mark}'")


def _sqlite(trigger: Trigger) -> str:
    when = f"WHEN {trigger.condition} " if trigger.condition else ""
    # A statement of PL/pgSQL alone locks rows: on SQLite, nobody else writes meanwhile.
    statements = "; ".join(sql for sql in trigger.statements if not sql.startswith("PERFORM"))
    return (
        f"CREATE TRIGGER {trigger.name} AFTER {trigger.event} ON {trigger.table} "
        f"FOR EACH ROW {when}BEGIN {statements}; END"
    )


def _postgresql(trigger: Trigger) -> tuple[str, str]:
    when = f"WHEN ({trigger.condition}) " if trigger.condition else ""
    statements = "; ".join(trigger.statements)
    return (
        f"CREATE OR REPLACE FUNCTION {trigger.name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {statements}; RETURN NULL; END $$",
        f"CREATE OR REPLACE TRIGGER {trigger.name} AFTER {trigger.event} ON {trigger.table} "
        f"FOR EACH ROW {when}EXECUTE FUNCTION {trigger.name}()",
    )
