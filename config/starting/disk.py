"""Checks that the folders that Vitrine writes to are writable and have room."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

FILE_SYSTEM_STORAGE = "django.core.files.storage.FileSystemStorage"
# Static files (4 MB), a new database and its write-ahead log (8 MB), and room for a first result.
MIN_FREE_BYTES = 64 << 20


def require_space(folders: Iterable[Path], min_bytes: int = MIN_FREE_BYTES) -> None:
    """Raise ImproperlyConfigured if the disk of any folder has less than `min_bytes` free."""
    for folder in folders:
        free = shutil.disk_usage(_nearest_existing(folder)).free
        if free < min_bytes:
            raise ImproperlyConfigured(
                f"the disk that holds {folder} has {free >> 20} MB free and Vitrine needs at least "
                f"{min_bytes >> 20} MB; make room, or move the folder to another disk."
            )


def require_writable(folder: Path) -> None:
    """Create MEDIA_ROOT if missing; raise ImproperlyConfigured if files cannot be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"probe")
    except OSError as error:
        raise ImproperlyConfigured(
            f"MEDIA_ROOT is {folder}, which cannot be written to ({error.strerror}); results and "
            "uploads are kept there. Give it write permission, or name another folder."
        ) from error


def _nearest_existing(folder: Path) -> Path:
    """Return `folder`, or its nearest ancestor that exists."""
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())
