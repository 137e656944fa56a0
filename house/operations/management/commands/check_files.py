"""`manage.py check_files`: compares the storage with the rows, both ways."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.refusals import Refused
from house.operations import files_check


class Command(BaseCommand):
    """Lists files without a row and rows without a file; fixes both with --mend."""

    help = "Find files of our storage that no row names, and rows whose file is missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add `--mend`."""
        parser.add_argument(
            "--mend",
            action="store_true",
            help="delete files that no row names, and mark results without a file as lost",
        )

    def handle(self, *args: Any, mend: bool, **options: Any) -> None:
        """Check everything, name the mismatches, and fix them if requested."""
        totals = files_check.Totals()
        for mismatches in map(files_check.look_at, files_check.PARTS):
            self.stdout.writelines(f"{line}\n" for line in mismatches.lines())
            totals.add(mismatches)
        if mend:
            try:
                files_check.mend(totals)
            except Refused as refusal:
                raise CommandError(str(refusal)) from refusal
            totals.lost = totals.orphans = 0
            self.stdout.write("Done: a worker deletes the files that no row names in an hour.\n")
        files_check.keep(totals)
        self.stdout.write(files_check.in_words(asdict(totals)))
