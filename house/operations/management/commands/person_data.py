"""`manage.py person_data`: writes the house's data about a person into a ZIP."""

from __future__ import annotations

from argparse import ArgumentParser
from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from accounts.audit import trail
from house.operations.person_data import archive
from house.operations.person_data.people import named


class Command(BaseCommand):
    """Writes one person's rows and files."""

    help = "Write all data of a person, rows and files, into a ZIP."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the user and the file."""
        parser.add_argument("user", help="the person's username")
        parser.add_argument("--to", required=True, type=Path, metavar="FILE.zip")

    def handle(self, *args: Any, user: str, to: Path, **options: Any) -> None:
        """Write the ZIP."""
        person = named(user)
        with to.open("xb") as file, closing(archive.prepare(person)) as packed:
            file.writelines(packed)
        trail.record(None, "exported", [person], "a person's data")
        self.stdout.write(f"{to} has the data of {user}.")
