from django.db import migrations

# The full-text tables of versions before 2026-11-24, and the triggers that filled them.
SQLITE = (
    "DROP TRIGGER IF EXISTS catalog_endpoint_search_insert",
    "DROP TRIGGER IF EXISTS catalog_endpoint_search_update",
    "DROP TRIGGER IF EXISTS catalog_endpoint_search_delete",
    "DROP TABLE IF EXISTS catalog_search",
)
POSTGRESQL = (
    "DROP FUNCTION IF EXISTS catalog_keep_words() CASCADE",  # with their triggers
    "DROP FUNCTION IF EXISTS catalog_forget_words() CASCADE",
    "DROP FUNCTION IF EXISTS catalog_said(tsquery, boolean, bigint[])",
    "DROP TABLE IF EXISTS catalog_search_everything, catalog_search_description",
)


def drop(apps, schema_editor):
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for statement in SQLITE if is_sqlite else POSTGRESQL:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0012_full_names"),
    ]

    operations = [migrations.RunPython(drop, migrations.RunPython.noop, elidable=True)]
