"""`manage.py migrate`: Django's command, one at a time, with a copy of the database before it.

On PostgreSQL it never waits for long while it holds locks of tables that people use. A migration is
one transaction: if it does not get a table in time, it is rolled back, and tried again.
"""

from __future__ import annotations

import logging
import random
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as DjangosCommand
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection

from core.formatting import size
from house.operations.backup import creation, database
from house.operations.backup.place import NoBackup
from house.operations.migrating import is_behind, note_version, one_at_a_time, require_stopped

KEPT = 3
# Well below the second after which PostgreSQL resolves a deadlock, perhaps at a person's expense.
LOCK_TIMEOUT_MS = 150
TRY_FOR_S = 900.0  # a dump, which keeps tables from being changed, takes minutes
LOCKED = {"55P03", "40P01"}  # SQLSTATE: lock not available, deadlock detected

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
            require_stopped()
            if not no_copy and is_behind() and not database.is_empty():
                self._copy()
            self._migrate(*args, **options)
            if not is_behind():
                note_version()

    def _migrate(self, *args: Any, **options: Any) -> None:
        """Let Django migrate; again, from the migration that failed, while a table is in use."""
        end = time.monotonic() + TRY_FOR_S
        while True:
            try:
                self._set_lock_timeout(LOCK_TIMEOUT_MS)  # pre_migrate handlers lock tables too
                with _rolled_back_after_errors():
                    super().handle(*args, **options)
                return
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", None) not in LOCKED:
                    raise
                if time.monotonic() > end:
                    raise CommandError(
                        f"The migration waited for {TRY_FOR_S / 60:.0f} minutes for a table that "
                        f"another program uses ({str(error).splitlines()[0]}). What is applied "
                        "stays. Wait for the backup, or end the program, and migrate again."
                    ) from error
            finally:
                self._set_lock_timeout(0)
            self.stdout.write("A table is in use: another try")
            time.sleep(random.uniform(0.2, 1.0))  # noqa: S311

    def migration_progress_callback(
        self, action: str, migration: Any = None, fake: bool = False
    ) -> None:
        """Limit the wait for a table before each migration that can be rolled back."""
        if action == "apply_start":
            self._set_lock_timeout(LOCK_TIMEOUT_MS if migration.atomic else 0)
        super().migration_progress_callback(action, migration, fake)

    def _set_lock_timeout(self, milliseconds: int) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"SET lock_timeout = {milliseconds}")

    def _copy(self) -> None:
        """Copy the database to a file; raises CommandError, before anything has changed."""
        folder = Path(settings.VAR_DIR) / "before-migrations"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        demand, free = creation.database_bytes(), shutil.disk_usage(folder).free
        try:
            if free < demand:
                raise NoBackup(f"It takes {size(demand)}, and {folder} has {size(free)} free.")
            file = database.copy_whole(folder)
        except (NoBackup, OSError) as error:
            raise CommandError(
                f"The copy of the database before the migration failed: {error} Nothing was "
                "migrated. Remove the cause, or use “migrate --no-copy” if you have a backup."
            ) from error
        log.warning("a copy of the database from before this migration is %s", file)
        for old in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)[:-KEPT]:
            old.unlink()


@contextmanager
def _rolled_back_after_errors() -> Iterator[None]:
    """End the transaction that Django leaves open if a statement at a migration's end fails."""
    depth = len(connection.atomic_blocks)
    try:
        yield
    except BaseException as error:
        while len(connection.atomic_blocks) > depth:
            connection.atomic_blocks[-1].__exit__(type(error), error, error.__traceback__)
        raise
