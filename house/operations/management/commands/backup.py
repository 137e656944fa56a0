"""`manage.py backup`: makes a backup of database and files, while people work."""

from __future__ import annotations

from argparse import ArgumentParser
from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.formatting import size
from house.operations.backup import creation, nightly, proof
from house.operations.backup.database import Say, paced
from house.operations.backup.place import NoBackup, Place


class Command(BaseCommand):
    """Makes a backup, proves one, or lists them."""

    help = "Back up database and files of one moment, while people work, to BACKUP_TO."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the destination, and other actions than making a backup."""
        parser.add_argument("--to", default="", help="a folder, in place of BACKUP_TO")
        parser.add_argument(
            "--nightly", action="store_true", help="make the day's backup, if it is due"
        )
        parser.add_argument("--list", action="store_true", help="list the backups that are there")
        parser.add_argument(
            "--prove",
            nargs="?",
            const="",
            metavar="NAME",
            default=None,
            help="restore one beside the database in use, and check all of it",
        )

    def handle(self, *args: Any, to: str, prove: str | None, **options: Any) -> None:
        """Run the chosen action; progress goes to stderr."""
        try:
            place = Place.in_folder(to)
            if options["list"]:
                self._list(place)
            elif options["nightly"]:
                nightly.run(place, self._say)
            elif prove is None:
                self._make(place)
            else:
                self._prove(place, prove or newest(place))
        except (NoBackup, OSError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError(
                "Stopped. The next backup continues with what was written."
            ) from None

    def _make(self, place: Place) -> None:
        row = creation.make(place, "by hand", self._say)
        self.stdout.write(creation.describe(row))
        if row.trouble:
            self.stdout.write(row.trouble)
        sealed = "sealed by BACKUP_PASSPHRASE" if settings.BACKUP_PASSPHRASE else "left out"
        self.stdout.write(f"SECRET_KEY is {sealed}; fal's keys are never in it.")

    def _prove(self, place: Place, name: str) -> None:
        if trouble := proof.prove(place, name, self._say):
            raise CommandError("\n".join([f"{name} cannot be relied upon:", *trouble]))
        self.stdout.write(
            f"{name} is proved: its rows, files and pages are the ones that were backed up."
        )

    def _list(self, place: Place) -> None:
        for name in place.names():
            try:
                about = place.about(name)
            except NoBackup as error:
                self.stdout.write(f"{name}  {error}")
                continue
            self.stdout.write(
                f"{name}  {size(about.database_bytes + about.files_bytes)}  "
                f"{about.files:,} files  Vitrine {about.version}  secrets {about.secrets}"
            )

    @cached_property
    def _say(self) -> Say:
        return paced(self.stderr.write)


def newest(place: Place) -> str:
    names = place.names()
    if not names:
        raise NoBackup("There is no backup here.")
    return names[-1]
