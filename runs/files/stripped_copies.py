"""Copies of stored media without metadata, for people who must not learn how they were made.

A copy is requested at the latest when somebody opens the file. A subprocess of a worker makes it
(`media/strip_program.py`) and keeps it beside the file until that is purged. Until it exists, its
page shows a small picture instead.

A file that cannot be copied, or takes too long repeatedly, is not served; an empty copy marks it.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage

from core import storage
from core.db import clock
from core.notify import channel
from core.process import subprocess_worker
from runs.files import storage_limits
from runs.models import WantedCopy

log = logging.getLogger(__name__)

MEDIA_TYPES = ("image/", "video/", "audio/")  # their metadata can be removed
LIMIT_S = 60.0
MOST_TRIES = 3  # for a file that takes too long: perhaps the machine was just busy
FIRST_PAUSE = timedelta(minutes=1)  # until the next try; doubled each time


class NotStripped(Exception):
    """The file has no copy without metadata; the message is shown to people."""


class NotReady(NotStripped):
    """A worker is making the copy, which will be here in a moment."""


def copy_name(file: str) -> str:
    """Return the storage name of a stored file's copy."""
    return f"{file}.stripped"


def copy_of(file: str) -> str:
    """Return the name of a stored file's copy; ask a worker to make it if there is none.

    Raises NotStripped, NotReady, and what the storage raises.
    """
    name = copy_name(file)
    if not default_storage.exists(name):
        default_storage.size(file)  # raises FileNotFoundError if there is nothing to copy
        ask(file)
        raise NotReady("This file is being prepared. It will be here in a moment.")
    if not default_storage.size(name):
        raise NotStripped(
            "The metadata about this file's origin cannot be removed, so the file is not shown."
        )
    return name


def ask(file: str) -> None:
    """Ask a worker to make the copy of a stored file."""
    _, is_new = WantedCopy.objects.get_or_create(
        file=file, defaults={"next_attempt_at": clock.now()}
    )
    if is_new:
        channel.notify()


def ask_ahead(files: Iterable[str]) -> None:
    """Ask a worker to make the copies of files that somebody will want to see."""
    now = clock.now()
    requests = [WantedCopy(file=file, next_attempt_at=now) for file in files]
    WantedCopy.objects.bulk_create(requests, ignore_conflicts=True)
    channel.notify()


def make(file: str, *, is_last_try: bool, limit_s: float = LIMIT_S) -> bool:
    """Make a file's copy; return whether no further try is needed. Uses no database, for a thread.

    Returns False if it took too long; on the last try it writes an empty copy instead.
    """
    name = copy_name(file)
    try:
        if not default_storage.exists(name):
            _make(file, name, limit_s)
    except FileNotFoundError:  # purged meanwhile
        log.info("%s is gone, and needs no copy", file)
    except subprocess_worker.WorkerDied as error:
        log.warning("%s cannot be copied without metadata: %s", file, error)
        if not is_last_try:
            return False
        storage.write(name, ContentFile(b""), 0)
    return True


def note_try(request: WantedCopy, *, is_done: bool) -> None:
    """Delete the request if it is done, else schedule its next try."""
    if is_done:
        request.delete()
        return
    request.tries += 1
    request.next_attempt_at = clock.now() + FIRST_PAUSE * 2 ** (request.tries - 1)
    request.save()


def _make(file: str, name: str, limit_s: float) -> None:
    storage_limits.require_free_space(default_storage.size(file))
    if not isinstance(default_storage, FileSystemStorage):
        with (
            storage.local_path(file) as source,
            tempfile.NamedTemporaryFile(prefix="vitrine-") as copy,
        ):
            _strip(file, source, copy.name, limit_s)
            storage.write(name, File(copy), copy.seek(0, os.SEEK_END))
        return
    path = default_storage.path(file)
    # Renamed only when complete: another process may serve it at once.
    partial = Path(f"{path}.{os.getpid()}.partial")
    try:
        partial.touch(mode=0o600)
        _strip(file, path, str(partial), limit_s)
        partial.replace(default_storage.path(name))
    finally:
        partial.unlink(missing_ok=True)


def _strip(file: str, path: str, target: str, limit_s: float) -> None:
    """Write the copy of `path` to `target`; leaves `target` empty if that is impossible.

    Raises WorkerDied if it takes too long.
    """
    request = {"path": path, "target": target}
    answer = subprocess_worker.run_once("runs.files.media.strip_program", request, limit_s)
    if why := answer.get("error", ""):
        log.info("%s cannot be copied without metadata: %s", file, why)
        with suppress(FileNotFoundError):
            os.truncate(target, 0)
