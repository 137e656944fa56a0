#!/usr/bin/env python
"""Vitrine's command line: `manage.py up`, `sync_models`, `worker`, `sandbox`, and Django's own."""

import os
import sys


def main() -> None:
    """Run one management command; report a wrong setting in one sentence, not a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from config import key_access, local
    from config.starting import private_files, readiness

    private_files.set_umask()
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    key_access.grant(command)
    try:
        if command == "up":
            local.prepare()
        readiness.require_for(command)
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Vitrine did not start: {error}")


if __name__ == "__main__":
    main()
