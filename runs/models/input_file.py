"""Records which files of ours runs have as inputs, so that a purge need not read every run.

A database trigger writes a row without a `source` for each new run that may name such a file,
whatever code or release inserts the run; `runs/files/input_references.py` then reads its arguments.
Without such a row, a run would lose its input files once the runs that made them are purged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connections, models
from django.db.models.functions import Cast

from core.db.triggers import create_after_insert
from runs.models.run import Run

if TYPE_CHECKING:
    import uuid

    from runs.models.querysets import RunQuerySet

TRIGGER = "playground_run_names_files"
NAMES_FILES = "{row}arguments LIKE '%/uploads/%' OR {row}arguments LIKE '%/artifacts/%'"


class InputFile(models.Model):
    """An upload, or another run with results, that a run's arguments name."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="input_files")
    source = models.UUIDField(
        null=True, help_text="the upload, or the run that made it; null: arguments not read yet"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "run"], name="input_file_once_per_run")
        ]
        indexes = [
            models.Index(
                fields=["id"], name="input_file_unread", condition=models.Q(source__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.source}"


def having_as_input(
    runs: RunQuerySet, source: uuid.UUID, prefix: str, owner: int | None = None
) -> RunQuerySet:
    """Return the runs through which everybody who sees them may read one of our files.

    The file is one of their inputs (see `naming`), and either a worker has allowed that or the run
    belongs to `owner`. Anybody can type an address into a form: the worker writes `sent_arguments`
    once it has checked that the run's user may read the files. A result has no `owner`: the user
    who made it may have left its project.
    """
    is_allowed = models.Q(sent_arguments__isnull=False)
    if owner is not None:
        is_allowed |= models.Q(user_id=owner)
    return naming(runs.filter(is_allowed), source, prefix)


def naming(runs: RunQuerySet, source: uuid.UUID, prefix: str) -> RunQuerySet:
    """Return the runs that have an upload, or a result of a run, as an input.

    `prefix` is the beginning of its address within JSON. Runs with unread arguments are searched.
    """
    is_read_or_not_yet = models.Q(source=source) | models.Q(source=None)
    candidates = InputFile.objects.filter(is_read_or_not_yet).exclude(run_id=source)
    texts = runs.filter(pk__in=candidates.values("run")).annotate(
        arguments_text=Cast("arguments", models.TextField())
    )
    return texts.filter(arguments_text__contains=prefix)


def install_trigger(using: str = "default", **_: Any) -> None:
    """Create the trigger if it is missing: SQLite drops it when a migration rebuilds the table."""
    connection = connections[using]
    if InputFile._meta.db_table not in connection.introspection.table_names():
        return  # migrated back to before this table existed
    with connection.cursor() as cursor:
        create_after_insert(
            cursor, TRIGGER, "playground_run", NAMES_FILES.format(row="NEW."), _insert("NEW.id")
        )


def _insert(run: str) -> str:
    return f"INSERT INTO playground_inputfile (run_id) VALUES ({run})"  # noqa: S608
