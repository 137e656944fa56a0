"""Copies of stored media without metadata, for people who may not learn what made them.

A copy is made when it is first asked for, by a subprocess (`strip_program.py`), and kept beside its
file until the file is purged. What cannot be copied is not served at all; an empty copy records
that.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import IO

from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage

from core.process import subprocess_worker
from core.storage import atomic_files
from runs.files import storage_limits

log = logging.getLogger(__name__)

LIMIT_S = 60.0
_making = BoundedSemaphore(2)  # at once: each takes a CPU core
_locks = [Lock() for _ in range(16)]  # by name: a player asks for several ranges of a film at once


class NotStripped(Exception):
    """The file has no copy without metadata; the message is shown to people."""


def copy_name(file: str) -> str:
    """Return the storage name of a stored file's copy."""
    return f"{file}.stripped"


def copy_of(file: str, limit_s: float = LIMIT_S) -> str:
    """Return the name of a stored file's copy, made now if there is none.

    Raises NotStripped, and what the storage raises.
    """
    name = copy_name(file)
    if not default_storage.exists(name):
        with _locks[hash(file) % len(_locks)], _making:
            if not default_storage.exists(name):
                _make(file, name, limit_s)
    if not default_storage.size(name):
        raise NotStripped("This file cannot be shown without what tells its origin.")
    return name


def _make(file: str, name: str, limit_s: float) -> None:
    storage_limits.require_free_space(default_storage.size(file))
    if not isinstance(default_storage, FileSystemStorage):
        with tempfile.NamedTemporaryFile(prefix="vitrine-") as local:
            _fetch(file, local)
            with tempfile.NamedTemporaryFile(prefix="vitrine-") as copy:
                _strip(file, local.name, copy.name, limit_s)
                atomic_files.write(name, File(copy), copy.seek(0, os.SEEK_END))
        return
    path = default_storage.path(file)
    # Renamed when it is whole: another process may serve it at once.
    partial = Path(f"{path}.{os.getpid()}.partial")
    try:
        partial.touch(mode=0o600)
        _strip(file, path, str(partial), limit_s)
        partial.replace(default_storage.path(name))
    finally:
        partial.unlink(missing_ok=True)


def _fetch(name: str, copy: IO[bytes]) -> None:
    with default_storage.open(name) as stored:
        shutil.copyfileobj(stored, copy)
    copy.flush()


def _strip(file: str, path: str, target: str, limit_s: float) -> None:
    """Write the copy of `path` to `target`; leaves `target` empty if that is impossible."""
    request = {"path": path, "target": target}
    try:
        answer = subprocess_worker.run_once("runs.files.media.strip_program", request, limit_s)
    except subprocess_worker.WorkerDied as error:  # perhaps only the machine was busy
        log.warning("%s cannot be copied without metadata: %s", file, error)
        raise NotStripped("This file cannot be shown now. Try again in a minute.") from error
    if why := answer.get("error", ""):
        log.info("%s cannot be copied without metadata: %s", file, why)
        with suppress(FileNotFoundError):
            os.truncate(target, 0)
