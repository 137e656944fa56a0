"""Drops the triggers that kept the record of models until now, before migrations.

On SQLite, no table can be rebuilt that a trigger of another table names. What processes of an
earlier version change from then on is found by `recount.py`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db import connections

_ARE_OURS = "record\\_%"


def drop(using: str = "default", **_: Any) -> None:
    """Drop them, one table after the other; `migrate` tries again where one is in use."""
    connection = connections[using]
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger' "
            "AND name LIKE %s ESCAPE '\\'"
            if is_sqlite
            else "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE %s",
            [_ARE_OURS],
        )
        names_by_table = defaultdict(list)
        for table, name in cursor.fetchall():
            names_by_table[table].append(name)
        for names in names_by_table.values():
            if is_sqlite:
                for name in names:
                    cursor.execute(f"DROP TRIGGER {name}")
            else:
                cursor.execute("; ".join(f"DROP FUNCTION {name}() CASCADE" for name in names))
