"""Migration operations for tables that are dropped: the log says how many rows they had."""

from __future__ import annotations

import logging
from typing import Any

from django.db import migrations

log = logging.getLogger(__name__)


def log_rows(app_label: str, model_name: str) -> migrations.RunPython:
    """Return the operation that logs the rows of a table; its DeleteModel stands behind it."""

    def count(apps: Any, schema_editor: Any) -> None:
        _log_rows(schema_editor, apps.get_model(app_label, model_name)._meta.db_table)

    return migrations.RunPython(count, migrations.RunPython.noop)


def drop_table(table: str) -> migrations.RunPython:
    """Return the operation that drops a table whose model left in an earlier version."""

    def drop(apps: Any, schema_editor: Any) -> None:
        if table in schema_editor.connection.introspection.table_names():
            _log_rows(schema_editor, table)
            schema_editor.execute(f"DROP TABLE {schema_editor.quote_name(table)}")

    return migrations.RunPython(drop, migrations.RunPython.noop)


def drop_column(table: str, column: str) -> migrations.RunPython:
    """Return the operation that drops a column whose field left in an earlier version.

    Some databases lack it: SQLite copies a table to change it, with the columns of its model.
    """

    def drop(apps: Any, schema_editor: Any) -> None:
        connection, quote = schema_editor.connection, schema_editor.quote_name
        with connection.cursor() as cursor:
            columns = connection.introspection.get_table_description(cursor, table)
        if column in {found.name for found in columns}:
            # With triggers that name it; `post_migrate` makes those anew that are needed.
            cascade = " CASCADE" if connection.vendor == "postgresql" else ""
            sql = f"ALTER TABLE {quote(table)} DROP COLUMN {quote(column)}{cascade}"
            schema_editor.execute(sql)

    return migrations.RunPython(drop, migrations.RunPython.noop)


def _log_rows(schema_editor: Any, table: str) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {schema_editor.quote_name(table)}")  # noqa: S608
        if rows := cursor.fetchone()[0]:
            log.warning("dropping the table %s, which has rows: %s", table, rows)
