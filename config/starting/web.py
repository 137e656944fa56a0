"""Start-up checks of the web process, which starts when the server imports `config.asgi`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import django
from django.core.exceptions import ImproperlyConfigured

from config.starting import private_files, readiness


def load_checked(load: Callable[[], Any]) -> Any:
    """Run the start-up checks and return `load()`; exit with one sentence if a check fails."""
    private_files.set_umask()
    try:
        django.setup()
        readiness.require(is_patient=True)
        readiness.require_static_files()
        return load()
    except ImproperlyConfigured as error:
        sys.exit(f"Vitrine did not start: {error}")
