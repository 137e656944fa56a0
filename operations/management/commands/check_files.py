"""`manage.py check_files`: compares the storage with the rows, both ways."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from operations import files_check


class Command(BaseCommand):
    """Says which files have no row and which rows no file, and mends that if asked."""

    help = "Find files of our storage without a row, and rows whose file is missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add whether to mend."""
        parser.add_argument(
            "--mend", action="store_true", help="delete orphans; pages say that results are lost"
        )

    def handle(self, *args: Any, mend: bool, **options: Any) -> None:
        """Look at all, name what does not fit, and mend it."""
        mismatches = files_check.Mismatches()
        for part in files_check.PARTS:
            files_check.look_at(part, mismatches)
        for names in mismatches.orphans.values():
            self.stdout.writelines(f"no row: {name}\n" for name in names)
        self.stdout.writelines(f"no file: result {artifact}\n" for artifact in mismatches.lost)
        self.stdout.writelines(f"no file: upload {row.pk} {row}\n" for row in mismatches.uploads)
        if mend:
            try:
                files_check.mend(mismatches)
            except files_check.Refused as refusal:
                raise CommandError(str(refusal)) from refusal
            mismatches.lost, mismatches.orphans = [], {}
            self.stdout.write("Mended: a worker deletes the orphans in an hour.\n")
        files_check.keep(mismatches)
        self.stdout.write(files_check.in_words(mismatches.as_figures()))
