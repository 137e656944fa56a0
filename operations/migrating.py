"""Lets one process migrate at a time: who comes meanwhile waits, and then has nothing to do."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

LOCK = 7_303_014_641  # of PostgreSQL's advisory locks, which the house numbers at will


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the lock of all who migrate this database, also on other machines."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        return
    file = Path(settings.VAR_DIR) / "migrating.lock"  # stays: who waits has it open
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
