"""Adds the input files of runs, and the figures that a worker keeps.

Runs of before are marked as unread, by one look through their arguments; the worker then reads them
a few at a time before it purges the next run. The trigger comes first, so that no run is missed
that an earlier release inserts meanwhile.
"""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

import core.db.json_field
from runs.models.input_file import NAMES_FILES, install_trigger


def mark_unread(apps: Any, schema_editor: Any) -> None:
    install_trigger(schema_editor.connection.alias)
    schema_editor.execute(
        "INSERT INTO playground_inputfile (run_id) SELECT id FROM playground_run WHERE "
        + NAMES_FILES.format(row=""),
        params=None,
    )


def drop_trigger(apps: Any, schema_editor: Any) -> None:
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    schema_editor.execute(
        "DROP TRIGGER IF EXISTS playground_run_names_files"
        if is_sqlite
        else "DROP FUNCTION IF EXISTS playground_run_names_files() CASCADE"
    )


class Migration(migrations.Migration):
    dependencies = [("playground", "0025_upload_reservations")]

    operations = [
        migrations.CreateModel(
            name="KeptFigures",
            fields=[
                ("kind", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("values", core.db.json_field.ExactJSONField(default=dict)),
                ("made_at", models.DateTimeField(null=True)),
                (
                    "due_at",
                    models.DateTimeField(help_text="when a worker computes them again"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="InputFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "source",
                    models.UUIDField(
                        help_text=(
                            "the upload, or the run that made it; null: arguments not read yet"
                        ),
                        null=True,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="input_files",
                        to="playground.run",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("source__isnull", True)),
                        fields=["id"],
                        name="input_file_unread",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "run"), name="input_file_once_per_run"
                    )
                ],
            },
        ),
        migrations.RunPython(mark_unread, drop_trigger),
    ]
