"""`manage.py sandbox`: the bundled fal-compatible upstream alone."""

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.local import VAR_DIR


class Command(BaseCommand):
    """Becomes the sandbox, which knows nothing of Django."""

    help = "Serves the bundled upstream; point FAL_API_URL and the others at it."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """`--port N`, `--key TEXT`."""
        parser.add_argument("--port", type=int, default=8001)
        parser.add_argument("--key", default="sandbox:local")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replace this process by the sandbox."""
        data = str(VAR_DIR / "sandbox")
        command = [sys.executable, "-m", "sandbox", "--port", str(options["port"])]
        os.execv(sys.executable, [*command, "--key", options["key"], "--data-dir", data])  # noqa: S606
