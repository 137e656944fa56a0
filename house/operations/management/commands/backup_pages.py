"""`manage.py backup_pages`: digests of what pages show, for backups and their proofs."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand

from house.operations.backup import pages


class Command(BaseCommand):
    """Renders pages in a transaction that is rolled back, and prints a digest of each."""

    help = "Print a digest of what 200 pages show, as JSON. Backups and their proofs ask this."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the moment and PostgreSQL's snapshot."""
        parser.add_argument("--moment", required=True, help="the time that the pages see, as ISO")
        parser.add_argument("--snapshot", default="", help="a snapshot that another process keeps")

    def handle(self, *args: Any, moment: str, snapshot: str, **options: Any) -> None:
        """Print the digests."""
        statuses = pages.rendered(datetime.fromisoformat(moment), snapshot)
        self.stdout.write(json.dumps(statuses))
