"""Migration operations that are faster than Django's, or that Django lacks for one database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import DatabaseError, migrations, transaction
from django.db.migrations.operations.base import Operation


class CreateModels(Operation):
    """Creates several models at once by their `CreateModel`; they may refer to each other.

    After each `CreateModel` Django rebuilds all models that are related to the new one, also
    indirectly: those of nearly all apps, since most refer to a user. Here it rebuilds them once,
    which halves the time of the migrations of a new database.
    """

    reduces_to_sql = True

    def __init__(self, *models: migrations.CreateModel) -> None:
        self.models = models

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Add the models to the state without its cached `apps`, so that it rebuilds none yet."""
        vars(state).pop("apps", None)  # a cached property
        for model in self.models:
            model.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Create the tables."""
        for model in self.models:
            model.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Drop the tables."""
        for model in reversed(self.models):
            model.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        """Return the sentence that `migrate --plan` prints."""
        return f"Create models {', '.join(model.name for model in self.models)}"


class AddIndexOnline(migrations.AddIndex):
    """Adds an index without blocking writes on PostgreSQL; its migration must not be atomic."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Create the index, anew if an interrupted attempt left an invalid one."""
        model = to_state.apps.get_model(app_label, self.model_name)
        if schema_editor.connection.vendor != "postgresql":
            schema_editor.add_index(model, self.index)
            return
        schema_editor.remove_index(model, self.index, concurrently=True)  # IF EXISTS
        schema_editor.add_index(model, self.index, concurrently=True)


class AddTrigramIndex(Operation):
    """On PostgreSQL, indexes SQL expressions of a new table so that any part of them is found.

    `icontains` uses the index for three letters or more if an expression is `UPPER(...)`. Without
    the right to create the extension pg_trgm it creates no index and prints what to do later.
    """

    reduces_to_sql = True

    def __init__(self, name: str, table: str, texts: Sequence[str]) -> None:
        self.name = name
        self.table = table
        self.texts = texts

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change nothing: models do not know the index, as Django's needs `contrib.postgres`."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Create the index."""
        if schema_editor.connection.vendor != "postgresql":
            return
        columns = ", ".join(f"{text} gin_trgm_ops" for text in self.texts)
        index = f"CREATE INDEX {self.name} ON {self.table} USING gin ({columns})"
        try:
            with transaction.atomic(schema_editor.connection.alias):  # the migration goes on
                schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        except DatabaseError as error:
            print(
                f"\n  The extension pg_trgm is missing ({error}). Searching {self.table} for a "
                "rare word stays slow until an administrator creates it, and then this index: "
                f"{index}"
            )
            return
        schema_editor.execute(index)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Drop the index; the extension stays, others may use it."""
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP INDEX IF EXISTS {self.name}")

    def describe(self) -> str:
        """Return the sentence that `migrate --plan` prints."""
        return f"Create trigram index {self.name} on {self.table} (PostgreSQL)"
