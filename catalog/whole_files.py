"""Files in our storage: each there whole, or not at all.

Their names are made of their content, so several processes may put the same one at the same time,
on a disk that is almost full: what one of them could not end must not take another's away.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage


def put(name: str, content: File[Any], size_bytes: int) -> str:
    """Store `content`, once; the name under which it lies. One that was cut short once is written anew.

    Raises whatever the storage raises; then nothing is left of what it did not take.
    """
    if _is_whole(name, size_bytes):
        return name
    default_storage.delete(name)
    try:
        stored = default_storage.save(name, content)
        if not _is_whole(stored, size_bytes):  # who began at the same time has deleted it
            raise OSError("the file is not whole in the storage")
    except Exception:
        with suppress(OSError):
            if not _is_whole(name, size_bytes):
                default_storage.delete(name)
        raise
    return stored


def why(error: Exception) -> str:
    """What ails the storage, in words for people: not where its files lie."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _is_whole(name: str, size_bytes: int) -> bool:
    return default_storage.exists(name) and default_storage.size(name) == size_bytes
