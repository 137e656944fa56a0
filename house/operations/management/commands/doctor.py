"""`manage.py doctor`: prints what is wrong with this deployment, with remedies."""

from __future__ import annotations

from typing import Any

from django.core import checks
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.formatting import counted
from house.operations import doctor
from house.operations.findings import findings

MARKS = {checks.INFO: "  ok   ", checks.WARNING: "  note ", checks.ERROR: "! BAD  "}


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
        errors = 0
        for message in findings(doctor.THOROUGH if options["all"] else doctor.ALL):
            errors += message.is_serious()
            style = self.style.ERROR if message.is_serious() else str
            self.stdout.write(style(f"{MARKS[message.level]}{message.obj}: {message.msg}"))
            if message.hint:
                self.stdout.write(f"         → {message.hint}")
        if errors:
            raise CommandError(f"{counted(errors, 'thing')} to repair.")
        self.stdout.write("Nothing is wrong.")
