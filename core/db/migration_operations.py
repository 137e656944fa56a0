"""Migration operations that do not stop a running Vitrine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import DatabaseError, migrations

from core.db.dollars_field import PLACES


class AddIndexConcurrently(migrations.AddIndex):
    """Adds an index without blocking writes on PostgreSQL; on SQLite like `AddIndex`.

    Django's operation of that name needs psycopg and `django.contrib.postgres`, also on SQLite. The
    migration must have `atomic = False`. What an interrupted attempt has left, on PostgreSQL an
    invalid index, is replaced.
    """

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Create the index."""
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.remove_index(model, self.index, concurrently=True)
            schema_editor.add_index(model, self.index, concurrently=True)
        else:
            name = schema_editor.quote_name(self.index.name)
            schema_editor.execute(f"DROP INDEX IF EXISTS {name}")
            schema_editor.add_index(model, self.index)


def add_trigram_index(schema_editor: Any, name: str, table: str, texts: Sequence[str]) -> None:
    """On PostgreSQL, index these SQL expressions so that any part of them is found.

    `icontains` uses the index for three letters or more where a text is `UPPER(...)`. Without the
    right to create the extension pg_trgm it prints a sentence and creates no index. The migration
    must have `atomic = False`; what an interrupted attempt has left is replaced.
    """
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError as error:
        print(
            f"\n  The extension pg_trgm is missing ({error}). Searching {table} for a rare word "
            "stays slow until an administrator creates it and this migration is run again."
        )
        return
    columns = ", ".join(f"{text} gin_trgm_ops" for text in texts)
    schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    schema_editor.execute(f"CREATE INDEX CONCURRENTLY {name} ON {table} USING gin ({columns})")


class AlterToDollars(migrations.AlterField):
    """Makes a DecimalField in dollars a `DollarsField`, with its sums."""

    reversible = False

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Change the column's type, and dollars into nano-dollars."""
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        table = schema_editor.quote_name(model._meta.db_table)
        column = schema_editor.quote_name(model._meta.get_field(self.name).column)
        nano = f"CAST(ROUND({column} * {10**PLACES}) AS bigint)"
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(
                f"ALTER TABLE {table} ALTER COLUMN {column} TYPE bigint USING {nano}"
            )
        else:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            schema_editor.execute(f"UPDATE {table} SET {column} = {nano}")  # noqa: S608
