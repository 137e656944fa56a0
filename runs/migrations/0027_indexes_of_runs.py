"""Adds the indexes that pages and the purge need at a million runs."""

from typing import Any

from django.db import migrations, models

from core.db.migration_operations import AddIndexConcurrently, add_trigram_index


def add_text_index(apps: Any, schema_editor: Any) -> None:
    """Index the text that a search reads (`runs/models/querysets.py`)."""
    text = "(UPPER(SUBSTR(title || ' ' || arguments, 1, 4000)))"
    add_trigram_index(schema_editor, "run_text", "playground_run", [text])


def drop_text_index(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute("DROP INDEX IF EXISTS run_text")


def refresh_statistics(apps: Any, schema_editor: Any) -> None:
    """Where SQLite has statistics of older indexes alone, it takes the new ones for much better."""
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("PRAGMA analysis_limit = 1000")
    for table in ("playground_run", "playground_inputfile", "playground_upload"):
        schema_editor.execute(f"ANALYZE {table}")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("playground", "0026_input_files")]

    operations = [
        AddIndexConcurrently("run", models.Index(fields=["created_at"], name="run_by_time")),
        AddIndexConcurrently("run", models.Index(fields=["user", "ended_at"], name="run_ended")),
        AddIndexConcurrently(
            "run",
            models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["id"],
                name="run_to_purge",
            ),
        ),
        AddIndexConcurrently(
            "run",
            models.Index(
                fields=["user", "endpoint", "-created_at"], name="run_of_user_and_endpoint"
            ),
        ),
        AddIndexConcurrently(
            "run",
            models.Index(
                condition=models.Q(("is_starred", True)),
                fields=["user", "-created_at"],
                name="run_starred",
            ),
        ),
        AddIndexConcurrently(
            "run",
            models.Index(
                condition=models.Q(("state__in", ["failed", "cancelled"])),
                fields=["state", "user", "-created_at"],
                name="run_not_done",
            ),
        ),
        AddIndexConcurrently("upload", models.Index(fields=["digest"], name="upload_by_content")),
        AddIndexConcurrently("upload", models.Index(fields=["file"], name="upload_by_file")),
        migrations.RunPython(add_text_index, drop_text_index),
        migrations.RunPython(refresh_statistics, migrations.RunPython.noop),
    ]
