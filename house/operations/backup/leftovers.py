"""Temporary copies of backups, proofs and restores, and those that killed processes left behind.

Each copy's name identifies the process that made it, so the next of these commands can delete the
copy once that process is gone. A copy from another machine is deleted after a day.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.process import identity

TEMPORARY = re.compile(
    r"[._](?:backup|proof|restore)[-_]([0-9]{14})(?:_([0-9a-f]{6})_([0-9]+)_([0-9]*))?"
)
STAMP = "%Y%m%d%H%M%S"
FOREIGN_KEPT_FOR = timedelta(days=1)


def suffix(purpose: str) -> str:
    """Return the end of a name for a copy that this process makes now."""
    machine, pid, start = identity.current().rsplit(":", 2)
    return f"_{purpose}_{datetime.now(UTC):{STAMP}}_{_short(machine)}_{pid}_{start}"


def is_left(name: str, before: str, after: str = "", longest: int | None = None) -> bool:
    """Return True if this name, between two other parts, is of a copy whose process is gone."""
    match = TEMPORARY.search(name)
    if match is None or f"{before}{match[0]}{after}"[-(longest or 1000) :] != name:
        return False
    stamp, machine, pid, start = match.groups()
    own_process = identity.current().rsplit(":", 2)[0]
    if machine == _short(own_process):
        return identity.is_gone(f"{own_process}:{pid}:{start}")
    return bool(stamp < f"{datetime.now(UTC) - FOREIGN_KEPT_FOR:{STAMP}}")


@contextmanager
def folder(purpose: str) -> Iterator[Path]:
    """Create a temporary folder, after deleting folders whose process was killed."""
    for leftover in Path(tempfile.gettempdir()).glob("vitrine_*"):
        if is_left(leftover.name.rpartition("_")[0], "vitrine"):
            shutil.rmtree(leftover, ignore_errors=True)  # another account's folder stays
    with tempfile.TemporaryDirectory(prefix=f"vitrine{suffix(purpose)}_") as name:
        yield Path(name)


def _short(machine: str) -> str:
    return hashlib.sha256(machine.encode()).hexdigest()[:6]
