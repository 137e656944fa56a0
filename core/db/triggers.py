"""Triggers, by which the database records the writes of any code and any release."""

from __future__ import annotations

from typing import Any


def create_after_insert(cursor: Any, name: str, table: str, condition: str, statement: str) -> None:
    """Execute a statement after the insertion of each row for which a condition on NEW holds.

    Does nothing if the trigger exists. SQLite drops it when a migration rebuilds the table.
    """
    if cursor.db.vendor == "sqlite":
        cursor.execute(
            f"CREATE TRIGGER IF NOT EXISTS {name} AFTER INSERT ON {table} "
            f"WHEN {condition} BEGIN {statement}; END"
        )
        return
    cursor.execute("SELECT 1 FROM pg_trigger WHERE tgname = %s", [name])
    if cursor.fetchone() is None:
        cursor.execute(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {statement}; RETURN NULL; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER {name} AFTER INSERT ON {table} FOR EACH ROW "
            f"WHEN ({condition}) EXECUTE FUNCTION {name}()"
        )
