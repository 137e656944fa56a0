"""Limits of our storage: the minimum of free disk space, and each user's quota for uploads."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db.models import Sum

from playground.models import Artifact, Upload

MB = 1 << 20


class DiskFull(OSError):
    """The disk has reached DISK_FLOOR_MB; the message is shown to people."""


class QuotaExceeded(ValueError):
    """An upload would exceed UPLOADS_MAX_MB_PER_PERSON; the message is shown to people."""


def largest_bytes() -> int:
    """Return the size in bytes up to which results are copied; larger ones stay at upstream."""
    return int(settings.RESULT_FILE_MAX_MB) << 20


def free_bytes() -> int | None:
    """Return the bytes free on our storage's disk; None if the storage is not a file system."""
    if not isinstance(default_storage, FileSystemStorage):
        return None
    folder = Path(default_storage.location)
    while not folder.exists():  # nothing has been stored yet
        folder = folder.parent
    return shutil.disk_usage(folder).free


def is_low() -> bool:
    """Whether less than DISK_FLOOR_MB is free."""
    free = free_bytes() if settings.DISK_FLOOR_MB else None
    return free is not None and free < settings.DISK_FLOOR_MB * MB


def require_free_space(more_bytes: int = 0) -> None:
    """Raise DiskFull if `more_bytes` would leave less than DISK_FLOOR_MB free."""
    free = free_bytes() if settings.DISK_FLOOR_MB else None
    if free is None or free - more_bytes >= settings.DISK_FLOOR_MB * MB:
        return
    words = (
        f"this server's disk is nearly full: {free // MB:,} MB are free, "
        f"{settings.DISK_FLOOR_MB:,} MB stay free"
    )
    raise DiskFull(errno.ENOSPC, words)


def require_quota(user_id: int, digest: str, size_bytes: int) -> None:
    """Raise QuotaExceeded if a new upload of `size_bytes` would exceed its user's quota.

    Files that the user has uploaded before, and results of their own runs, do not count again.
    """
    mine = Upload.objects.filter(user_id=user_id)
    made = Artifact.objects.filter(run__user_id=user_id, state=Artifact.State.STORED)
    counted = mine.exclude(digest__in=made.values("digest"))
    used = counted.aggregate(sum=Sum("size_bytes"))["sum"] or 0
    if used + size_bytes <= settings.UPLOADS_MAX_MB_PER_PERSON * MB:
        return
    if mine.filter(digest=digest).exists() or made.filter(digest=digest).exists():
        return
    raise QuotaExceeded(
        f"Your uploads take {used // MB:,} MB of the {settings.UPLOADS_MAX_MB_PER_PERSON:,} MB "
        "that each person may keep here. Use a file that you gave before, give this one's address "
        "instead, or ask an admin for more room."
    )
