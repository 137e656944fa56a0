"""`manage.py sandbox`: starts only the bundled fal-compatible upstream."""

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.local import VAR_DIR


class Command(BaseCommand):
    """Replaces this process by `python -m sandbox`, which does not use Django."""

    help = "Serves the bundled upstream; point FAL_API_URL and the other FAL_*_URL settings at it."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--port`. The key comes from SANDBOX_KEY: `ps` shows arguments to every account."""
        parser.add_argument("--port", type=int, default=8001)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the sandbox in place of this process."""
        data = str(VAR_DIR / "sandbox")
        command = [sys.executable, "-m", "sandbox", "--port", str(options["port"])]
        os.execv(sys.executable, [*command, "--data-dir", data])  # noqa: S606
