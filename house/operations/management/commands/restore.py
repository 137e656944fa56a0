"""`manage.py restore`: replaces what is in use with a backup."""

from __future__ import annotations

from argparse import ArgumentParser
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.formatting import counted
from house.operations.backup import restoring, sealing
from house.operations.backup.database import Say, paced
from house.operations.backup.place import NoBackup, Place
from house.operations.management.commands.backup import newest


class Command(BaseCommand):
    """Restores a backup, or the secrets in it."""

    help = (
        "Restore a backup of BACKUP_TO: database and files. The data in use is put aside. The path "
        "of a copy from before a migration puts that database back, for the version before."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the backup's name, its place, and `--yes`."""
        parser.add_argument(
            "name", nargs="?", default="", help="by default the newest; or a copy's path"
        )
        parser.add_argument("--from", dest="folder", default="", help="in place of BACKUP_TO")
        parser.add_argument("--yes", action="store_true", help="go on without asking")
        parser.add_argument(
            "--secrets",
            metavar="FILE",
            default="",
            help="only write the secrets that BACKUP_PASSPHRASE opens to a file",
        )

    def handle(self, *args: Any, name: str, folder: str, **options: Any) -> None:
        """Restore; progress goes to stderr."""
        try:
            if "/" in name:
                self._put_back(Path(name), options["yes"])
                return
            place = Place.in_folder(folder)
            name = name or newest(place)
            if options["secrets"]:
                self._write_secrets(place, name, Path(options["secrets"]))
                return
            restored = restoring.restore(place, name, self._say, self._asking(options["yes"]))
        except (NoBackup, OSError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped; the database in use is as it was.") from None
        self.stdout.write(
            f"{name} of Vitrine {restored.about.version} is restored: "
            f"{sum(restored.about.tables.values()):,} rows, {restored.about.files:,} files, of "
            f"which {counted(restored.files, 'file')} had to be copied."
        )
        if restored.aside:
            self.stdout.write(
                f"The former data is kept as {restored.aside}; delete it once all is well."
            )
        for remark in restored.remarks:
            self.stdout.write(remark)

    def _put_back(self, file: Path, is_yes: bool) -> None:
        if not file.is_file():
            raise NoBackup(f"There is no file {file}; “migrate” logs the path of each copy.")
        aside, remarks = restoring.put_back(file, self._say, self._asking(is_yes))
        self.stdout.write(
            "The database is as it was before the migration. Before you start anything, switch to "
            "the version of then."
        )
        if aside:
            self.stdout.write(f"The former data is kept as {aside}.")
        for remark in remarks:
            self.stdout.write(remark)

    def _write_secrets(self, place: Place, name: str, file: Path) -> None:
        sealed = place.about(name).sealed
        values = sealing.unseal(sealed, settings.BACKUP_PASSPHRASE) if sealed else None
        if values is None:
            raise NoBackup(
                "BACKUP_PASSPHRASE does not open its secrets." if sealed else "It holds no secrets."
            )
        file.touch(mode=0o600, exist_ok=False)
        file.write_text("".join(f"{key}={value}\n" for key, value in values.items()))
        self.stdout.write(f"{', '.join(values)} written to {file}.")

    def _asking(self, is_yes: bool) -> restoring.Ask:
        def ask(question: str) -> bool:
            if is_yes:
                self.stderr.write(question)
                return True
            try:
                return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}
            except EOFError:
                raise NoBackup(f"{question} Nobody answered: use “--yes”.") from None

        return ask

    @cached_property
    def _say(self) -> Say:
        return paced(self.stderr.write)
