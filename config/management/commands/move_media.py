"""`manage.py move_media`: copies the files after MEDIA_STORAGE was changed."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage, default_storage, storages
from django.core.management.base import BaseCommand, CommandError

from api.models import ProxyPart
from config.starting import settings_rules
from config.starting.disk import FILE_SYSTEM_STORAGE
from core.formatting import size
from core.storage import describe_place
from runs.files.storage_move import MovedFile, Outcome, Progress, Rows, move, stored_rows

SAY_EVERY_S = 5.0


class Command(BaseCommand):
    """Copies every file that a row names from the former storage to MEDIA_STORAGE."""

    help = (
        "Copy results, uploads and thumbnails from the former storage to MEDIA_STORAGE, and "
        "verify each copy. Nothing is deleted. Safe to stop at any time: the next one continues."
    )
    requires_system_checks = []  # they import every page

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the former storage, in the form of the two settings."""
        parser.add_argument(
            "--from",
            dest="source",
            default=FILE_SYSTEM_STORAGE,
            help="the former MEDIA_STORAGE; by default the file system, in MEDIA_ROOT",
        )
        parser.add_argument("--from-options", default="", help="the former MEDIA_STORAGE_OPTIONS")

    def handle(self, *args: Any, source: str, from_options: str, **options: Any) -> None:
        """Move the files; progress goes to stderr, the summary to stdout."""
        former = _former(source, from_options)
        places = describe_place(former), describe_place(default_storage)
        if places[0] == places[1]:
            raise CommandError(
                f"MEDIA_STORAGE keeps files in {places[1]} already. Name the former storage with "
                "--from and --from-options, as MEDIA_STORAGE and MEDIA_STORAGE_OPTIONS had it."
            )
        progress_file = Path(settings.VAR_DIR) / "move-media.json"
        progress = Progress.load(progress_file, *places)
        rows = [*stored_rows(), _parts()]
        display = _Display(progress, sum(stored_column.rows.count() for stored_column in rows))

        def on_batch(moved: list[MovedFile]) -> None:
            progress.save(progress_file)
            display.show(moved)

        try:
            move(rows, former, default_storage, progress, on_batch)
        except KeyboardInterrupt:
            raise CommandError("Stopped. The next `move_media` continues from here.") from None
        progress_file.unlink(missing_ok=True)
        self.stdout.write(_summary(progress))
        if progress.count(Outcome.FAILED) + progress.count(Outcome.MISSING):
            raise CommandError(
                "Some files were not copied; the lines above name them. Remove the cause and run "
                "this command again. Keep the former storage until then."
            )


def _former(name: str, options: str) -> Storage:
    try:
        settings_rules.require_storage(name)
        alias = {"BACKEND": name, "OPTIONS": settings_rules.storage_options(name, options)}
        return storages.create_storage(alias)
    except ImproperlyConfigured as error:
        raise CommandError(str(error).replace("MEDIA_STORAGE", "--from", 1)) from error
    except Exception as error:  # storages of others raise anything
        raise CommandError(f"--from-options do not fit {name} ({error}).") from error


def _parts() -> Rows:
    """Return the parts of files that clients are currently sending."""
    return Rows("parts", ProxyPart.objects.only("stored_as"), lambda row: [row.stored_as])


class _Display:
    """Prints to stderr each failure at once, and the progress every few seconds."""

    def __init__(self, progress: Progress, row_count: int) -> None:
        self._progress = progress
        self._row_count = row_count
        self._said_at = time.monotonic()

    def show(self, moved: list[MovedFile]) -> None:
        """Handle one batch."""
        for file in moved:
            if file.outcome == Outcome.FAILED:
                self._say(f"{file.name}: {file.reason}")
            elif file.outcome == Outcome.MISSING:
                self._say(f"{file.name}: neither storage has it")
        if time.monotonic() - self._said_at > SAY_EVERY_S:
            self._said_at = time.monotonic()
            rows = f"{self._progress.rows:,} of {self._row_count:,} rows"
            self._say(f"{rows}, {size(self._progress.size_bytes)}")

    def _say(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)


def _summary(progress: Progress) -> str:
    count = progress.count
    return (
        f"{count(Outcome.COPIED):,} files copied from {progress.source} to {progress.target}, "
        f"{count(Outcome.PRESENT):,} were there already, {count(Outcome.MISSING):,} are in "
        f"neither, {count(Outcome.FAILED):,} failed; {size(progress.size_bytes) or '0 bytes'} "
        "verified. The former storage still has everything."
    )
