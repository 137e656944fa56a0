"""`manage.py doctor`: prints what is wrong with this deployment, with remedies."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.formatting import counted
from house.operations import doctor
from house.operations.findings import Level, findings

MARKS = {Level.OK: "  ok   ", Level.ADVICE: "  note ", Level.BAD: "! BAD  "}


class Command(BaseCommand):
    """Prints what each check has found; exit code 1 if something is bad."""

    help = "Check settings, key, clock, disks, storage, mail, proxy, worker, sync and backups."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--all`, which checks every day instead of the newest."""
        help_text = "compare the sums of all days with their runs, not of the newest alone"
        parser.add_argument("--all", action="store_true", help=help_text)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each finding at once."""
        counts: Counter[Level] = Counter()
        for finding in findings(doctor.THOROUGH if options["all"] else doctor.ALL):
            counts[finding.level] += 1
            style = self.style.ERROR if finding.level == Level.BAD else str
            self.stdout.write(style(f"{MARKS[finding.level]}{finding.what}: {finding.sentence}"))
            if finding.remedy:
                self.stdout.write(f"         → {finding.remedy}")
        if counts[Level.BAD]:
            raise CommandError(f"{counted(counts[Level.BAD], 'thing')} to repair.")
        self.stdout.write("Nothing is wrong.")
