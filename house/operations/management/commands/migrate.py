"""`manage.py migrate`: Django's command, one at a time, with a copy of the database before it."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as DjangosCommand
from django.db import DEFAULT_DB_ALIAS

from core.formatting import size
from house.operations.backup import creation, database
from house.operations.backup.place import NoBackup
from house.operations.migrating import is_behind, note_version, one_at_a_time

KEPT = 3

log = logging.getLogger(__name__)


class Command(DjangosCommand):
    """Applies migrations, unless another process is doing so."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--no-copy`, for disks without room for a copy."""
        super().add_arguments(parser)
        parser.add_argument(
            "--no-copy", action="store_true", help="migrate without copying the database first"
        )

    def handle(self, *args: Any, no_copy: bool = False, **options: Any) -> None:
        """Wait for another migration, then apply what it left."""
        if options.get("database", DEFAULT_DB_ALIAS) != DEFAULT_DB_ALIAS:
            super().handle(*args, **options)
            return
        if options.get("check_unapplied") or options.get("plan"):
            super().handle(*args, **options)
            return
        with one_at_a_time():
            if not no_copy and is_behind() and not database.is_empty():
                self._copy()
            super().handle(*args, **options)
            if not is_behind():
                note_version()

    def _copy(self) -> None:
        """Copy the database to a file; raises CommandError, before anything has changed."""
        folder = Path(settings.VAR_DIR) / "before-migrations"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        needed_bytes, free = creation.database_bytes(), shutil.disk_usage(folder).free
        try:
            if free < needed_bytes:
                raise NoBackup(
                    f"It takes {size(needed_bytes)}, and {folder} has {size(free)} free."
                )
            file = database.copy_whole(folder)
        except (NoBackup, OSError) as error:
            raise CommandError(
                f"The copy of the database before the migration failed: {error} Nothing was "
                "migrated. Remove the cause, or use “migrate --no-copy” if you have a backup."
            ) from error
        log.warning("a copy of the database from before this migration is %s", file)
        for old in sorted(folder.iterdir(), key=lambda copy_path: copy_path.stat().st_mtime)[
            :-KEPT
        ]:
            old.unlink()
