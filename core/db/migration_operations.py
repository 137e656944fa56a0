"""Migration operations for what Django does slowly, or cannot express for one database alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import DatabaseError, migrations, transaction
from django.db.migrations.operations.base import Operation


class CreateModels(Operation):
    """Creates models at once, each as its `CreateModel` says; they may refer to each other.

    After each `CreateModel` Django builds anew all models that are related to the new one, however
    far: those of nearly all apps, since most refer to a user. Here it builds them once, which saves
    half of the time that the migrations of a new database take.
    """

    reduces_to_sql = True

    def __init__(self, *models: migrations.CreateModel) -> None:
        self.models = models

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Add the models to a state that has no built ones, so that it builds none meanwhile."""
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


class AddTrigramIndex(Operation):
    """On PostgreSQL, indexes SQL expressions of a new table so that any part of them is found.

    `icontains` uses the index for three letters or more where a text is `UPPER(...)`. Without the
    right to create the extension pg_trgm it prints what to do later and creates no index.
    """

    reduces_to_sql = True

    def __init__(self, name: str, table: str, texts: Sequence[str]) -> None:
        self.name = name
        self.table = table
        self.texts = texts

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Models do not know of the index: Django's own needs `django.contrib.postgres`."""

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
