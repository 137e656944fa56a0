"""Adds the index of the search through results, and views.

Runs of before are marked as due, so that a worker indexes them a few at a time. The triggers come
first, so that no run is missed that an earlier release inserts meanwhile.
"""

import uuid
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import library.models.search_entry
from library.models.search_entry import FTS, install_trigger


def add_index(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        # Words are split already, at spaces alone; they lie in the entries.
        schema_editor.execute(
            f"CREATE VIRTUAL TABLE {FTS} USING fts5(words, content='library_searchentry', "
            "content_rowid='id', prefix='2 3', "
            """tokenize="unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'")"""
        )
    else:
        schema_editor.execute(f"CREATE INDEX {FTS} ON library_searchentry USING gin (words)")


def drop_index(apps: Any, schema_editor: Any) -> None:
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    schema_editor.execute(f"DROP {'TABLE' if is_sqlite else 'INDEX'} IF EXISTS {FTS}")


def mark_due(apps: Any, schema_editor: Any) -> None:
    install_trigger(schema_editor.connection.alias)
    schema_editor.execute(
        "INSERT INTO library_dueentry (run_id) SELECT id FROM playground_run ORDER BY created_at"
    )


def drop_triggers(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        for name in ("new", "changed"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS library_run_is_due_{name}")
    else:
        schema_editor.execute("DROP FUNCTION IF EXISTS library_run_is_due() CASCADE")


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0002_tags_and_series"),
        ("playground", "0035_likeness"),
        ("projects", "0004_look"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DueEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="playground.run",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        help_text="microseconds from 1970 to the run's creation: sorts by time",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("words", library.models.search_entry.WordsField()),
                (
                    "kinds",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="of its results, a bit each (`library/search/kinds.py`)",
                    ),
                ),
                (
                    "cost",
                    models.DecimalField(
                        decimal_places=8,
                        help_text="as billed; null: unknown",
                        max_digits=20,
                        null=True,
                    ),
                ),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="search_entry",
                        to="playground.run",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["cost"], name="search_by_cost")],
            },
        ),
        migrations.CreateModel(
            name="View",
            fields=[
                (
                    "is_hidden",
                    models.BooleanField(
                        default=False,
                        help_text="for its user's own eyes, not for the project's other members",
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                (
                    "line",
                    models.CharField(help_text="as typed; library/search/line.py", max_length=400),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "deleted_at",
                    models.DateTimeField(
                        blank=True, help_text="can be undone for a while", null=True
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["name", "pk"],
                "indexes": [models.Index(fields=["project", "name"], name="view_in_project")],
            },
        ),
        migrations.RunPython(add_index, drop_index),
        migrations.RunPython(mark_due, drop_triggers),
    ]
