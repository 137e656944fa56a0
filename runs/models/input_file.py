"""Which files of ours the runs have as inputs, so that a purge need not read every run.

A database trigger writes a row without a `source` for each new run that may name such a file,
whichever code or release inserts it; `files/input_references.py` then reads the run's arguments. A
run of which no row was written would lose its input files once the runs that made them are purged.
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
    """One upload, or one other run with results, that is named among a run's arguments."""

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
    """Return those of `runs` through which whoever sees them may read one of our files.

    It is an input of theirs as of `naming`, and a worker allowed that, or the run is its `owner`'s.
    Anybody can type an address into a form: the worker writes `sent_arguments` once it has checked
    that the run's user may read the files. A result has no `owner`: who made it may have left the
    project where it lives.
    """
    is_allowed = models.Q(sent_arguments__isnull=False)
    if owner is not None:
        is_allowed |= models.Q(user_id=owner)
    return naming(runs.filter(is_allowed), source, prefix)


def naming(runs: RunQuerySet, source: uuid.UUID, prefix: str) -> RunQuerySet:
    """Return those of `runs` among whose inputs is an upload, or a result of a run.

    `prefix` is how its address begins within JSON. Runs whose arguments were not read yet are
    looked through.
    """
    is_read_or_not_yet = models.Q(source=source) | models.Q(source=None)
    candidates = InputFile.objects.filter(is_read_or_not_yet).exclude(run_id=source)
    texts = runs.filter(pk__in=candidates.values("run")).annotate(
        arguments_text=Cast("arguments", models.TextField())
    )
    return texts.filter(arguments_text__contains=prefix)


def install_trigger(using: str = "default", **_: Any) -> None:
    """Create the trigger where it is missing: SQLite drops it when a migration rebuilds a table."""
    connection = connections[using]
    if InputFile._meta.db_table not in connection.introspection.table_names():
        return  # migrated back to before there were such rows
    with connection.cursor() as cursor:
        create_after_insert(
            cursor, TRIGGER, "playground_run", NAMES_FILES.format(row="NEW."), _insert("NEW.id")
        )


def _insert(run: str) -> str:
    return f"INSERT INTO playground_inputfile (run_id) VALUES ({run})"  # noqa: S608
