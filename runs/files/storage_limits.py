"""Limits of our storage: the minimum of free disk space, and each user's quota for uploads."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from runs.models import Artifact, Upload, UploadReservation
from runs.promises.keeping import Keeps
from runs.promises.registry import registered

MB = 1 << 20
RESERVED = timedelta(hours=1)  # longer than it takes to store a file
LARGEST_FILES = "/runs/?q=is:upload&scope=all&sort=size"  # where a user makes room


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
    while not os.access(folder, os.F_OK):  # nothing is stored yet, or a parent is closed to us
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
    message = (
        f"this server's disk is nearly full: {free // MB:,} MB are free, "
        f"{settings.DISK_FLOOR_MB:,} MB stay free"
    )
    raise DiskFull(errno.ENOSPC, message)


@contextmanager
def locked_quota(user_id: int) -> Iterator[None]:
    """Make other uploads of a user wait, in one transaction, so that none takes the same room."""
    with transaction.atomic():
        list(User.objects.select_for_update(no_key=True).filter(pk=user_id).values_list("pk"))
        yield


@contextmanager
def reserved_room(
    user_id: int, digest: str, size_bytes: int, freed_bytes: int = 0
) -> Iterator[QuerySet[UploadReservation]]:
    """Reserve room for a file while it is stored; raise QuotaExceeded before that.

    Delete the reservation together with writing the file's row, in `locked_quota`. `freed_bytes` is
    the size of a counted file that the caller deletes once the new one is stored.
    """
    with locked_quota(user_id):
        require_quota(user_id, digest, size_bytes - freed_bytes)
        key = UploadReservation.objects.create(user_id=user_id, size_bytes=size_bytes).pk
    reservation = UploadReservation.objects.filter(pk=key)
    try:
        yield reservation
    except BaseException:
        reservation.delete()
        raise


def delete_stale_reservations() -> None:
    """Delete the reservations of processes that were killed."""
    UploadReservation.objects.filter(created_at__lte=timezone.now() - RESERVED).delete()


def used_bytes(user_id: int) -> int:
    """Return the bytes that count towards a user's quota: uploads, reservations, parts of files.

    Results of the user's own runs do not count.
    """
    results = _own_results(user_id)
    uploads = (
        Upload.objects.kept().filter(user_id=user_id).exclude(digest__in=results.values("digest"))
    )
    files = uploads.order_by().values("digest", "size_bytes").distinct()  # once in all projects
    reserved = UploadReservation.objects.filter(user_id=user_id)
    reserved = reserved.filter(created_at__gt=timezone.now() - RESERVED)
    sums = (rows.aggregate(sum=Sum("size_bytes"))["sum"] or 0 for rows in (files, reserved))
    return sum(sums) + sum(owner.held_bytes(user_id) for owner in registered(Keeps))


def _own_results(user_id: int) -> QuerySet[Artifact]:
    """Return the stored results of the user's runs, whose content counts towards no quota."""
    return Artifact.objects.filter(run__user_id=user_id, state=Artifact.State.STORED)


def require_quota(user_id: int, digest: str, size_bytes: int) -> None:
    """Raise QuotaExceeded if a new upload of `size_bytes` would exceed its user's quota.

    Files that the user has uploaded before, and results of their own runs, do not count again.
    """
    bytes_before = used_bytes(user_id)
    if bytes_before + size_bytes <= settings.UPLOADS_MAX_MB_PER_PERSON * MB:
        return
    uploads = Upload.objects.kept().filter(user_id=user_id)
    if any(rows.filter(digest=digest).exists() for rows in (uploads, _own_results(user_id))):
        return
    raise QuotaExceeded(
        f"Your uploads take {bytes_before // MB:,} MB of the "
        f"{settings.UPLOADS_MAX_MB_PER_PERSON:,} MB that each person may keep here. Delete some "
        "under Results → Uploaded, the largest first, or give this one's address instead."
    )
