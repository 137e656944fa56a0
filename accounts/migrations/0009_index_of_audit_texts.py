"""Adds PostgreSQL's index of the texts that a search of the audit log reads."""

from typing import Any

from django.db import migrations

from core.db.migration_operations import add_trigram_index

TABLE = "accounts_auditentry"


def add_text_index(apps: Any, schema_editor: Any) -> None:
    """Index what `icontains` compares in each column (`people/audit/filters.py`)."""
    texts = [f"UPPER({name})" for name in ("actor_name", "event", "object_repr", "detail")]
    add_trigram_index(schema_editor, "audit_text", TABLE, texts)
    # Without statistics of the expressions, PostgreSQL takes any word for a rare one.
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ANALYZE {TABLE}")


def drop_text_index(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute("DROP INDEX IF EXISTS audit_text")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0008_file_names")]

    operations = [migrations.RunPython(add_text_index, drop_text_index)]
