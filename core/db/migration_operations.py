"""Migration operations that do not stop a running Vitrine."""

from __future__ import annotations

from typing import Any

from django.db import migrations


class AddIndexConcurrently(migrations.AddIndex):
    """Adds an index without blocking writes on PostgreSQL; on SQLite like `AddIndex`.

    Django's operation of that name needs psycopg and `django.contrib.postgres`, also on SQLite. The
    migration must have `atomic = False`. An attempt that was interrupted leaves an invalid index on
    PostgreSQL, which the next one replaces.
    """

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Create the index."""
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.remove_index(model, self.index, concurrently=True)
            schema_editor.add_index(model, self.index, concurrently=True)
