"""Allows one `manage.py up` per folder; a second one stops before it writes anything.

The lock is an `flock` on a file in `var/`. The kernel releases it when its holder ends, killed or
not, so no stale lock can block a start. Workers started separately do not take it: on PostgreSQL
there may be several.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from django.core.exceptions import ImproperlyConfigured

_lock_file: IO[str] | None = None  # closing it would release the lock


def acquire(path: Path) -> None:
    """Take the lock until this process ends.

    Raises ImproperlyConfigured if another process holds it, OSError if the file cannot be created.
    """
    global _lock_file
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = file.read().strip() or "another process"
        file.close()
        raise ImproperlyConfigured(
            f"Vitrine already runs in this folder ({holder}); use that one, stop it first, or "
            "start the second one in a checkout of its own."
        ) from None
    _lock_file = file
    describe()


def describe(address: str = "") -> None:
    """Write our pid and `address` into the lock file, for the error message of a second start."""
    if _lock_file:
        _lock_file.seek(0)
        _lock_file.truncate()
        _lock_file.write(f"process {os.getpid()}" + (f", at {address}" if address else ""))
        _lock_file.flush()
