"""Writes files to the storage completely or not at all.

File names are content hashes, so several processes may write the same file at the same time, on a
disk that is almost full. A failed write must not delete the file that another process has
completed.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, default_storage

CHUNK_BYTES = 1 << 20


def write(name: str, content: File[Any], size_bytes: int) -> str:
    """Store `content` unless it is there already; return its name in the storage.

    Replaces a file that an earlier write left incomplete. Deletes an incomplete file before raising
    the storage's error.
    """
    if _is_complete(name, size_bytes):
        return name
    default_storage.delete(name)
    try:
        stored_name = default_storage.save(name, content)
        if not _is_complete(stored_name, size_bytes):  # deleted by a concurrent writer
            raise OSError("the file is not whole in the storage")
    except Exception:
        with suppress(OSError):
            if not _is_complete(name, size_bytes):
                default_storage.delete(name)
        raise
    return stored_name


@contextmanager
def local_path(name: str) -> Iterator[str]:
    """Yield the path of a stored file, or of a temporary copy; raises any error of the storage."""
    if isinstance(default_storage, FileSystemStorage):
        yield default_storage.path(name)
        return
    with tempfile.NamedTemporaryFile(prefix="vitrine-") as copy:
        with default_storage.open(name) as stored_file:
            shutil.copyfileobj(stored_file, copy)
        copy.flush()
        yield copy.name


def checksum(file: IO[bytes]) -> tuple[str, int]:
    """Return SHA-256 and size of an open file, which is read to its end."""
    digest, size_bytes = hashlib.sha256(), 0
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk)
        size_bytes += len(chunk)
    return digest.hexdigest(), size_bytes


def describe_error(error: Exception) -> str:
    """Return why the storage failed, for people, without file paths."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _is_complete(name: str, size_bytes: int) -> bool:
    return default_storage.exists(name) and default_storage.size(name) == size_bytes


def describe_place(storage: Storage) -> str:
    """Return the folder of a file system, or the class and the bucket of another storage."""
    if isinstance(storage, FileSystemStorage):
        return f"the folder {storage.location}"
    parts = (getattr(storage, name, None) for name in ("bucket_name", "container", "location"))
    return " ".join([storage.__class__.__name__, *(str(part) for part in parts if part)])
