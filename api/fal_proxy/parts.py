"""Multipart uploads, as `@fal-ai/client` sends files above 90 MB (protocol, section 9.1).

A part is a file in our storage and a row, so any web process can receive the next one. Its row is
written before its bytes are read, so that simultaneous parts together respect the file's limit and
the user's quota. After the last part, all are joined to one upload; a worker deletes parts that are
never joined.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db.models import QuerySet, Sum
from django.utils import timezone

from api.fal_proxy.uploads import CHUNK_BYTES, MAX_AGE_S, AnnouncedUpload, keep
from api.models import ProxyFile, ProxyPart
from runs.files import storage_limits, uploads

MAX_PART_BYTES = 64 << 20  # the client sends 10 MB
MAX_PARTS = 1000
FOLDER = "incoming"
DELETED_AT_ONCE = 100  # stale parts
EVERY_S = 600.0
NOT_KEPT = "This server's storage takes no files at the moment. Try again later."


def receive(announced: AnnouncedUpload, number: int, body: IO[bytes], size_bytes: int) -> str:
    """Store a part of this announced size, replacing one with the same number; returns its etag.

    Raises ValueError with a message, also if the file's limit or the user's quota is reached, and
    `uploads.NotStored` if the storage failed.
    """
    if not 1 <= number <= MAX_PARTS:
        raise ValueError(f"Parts have numbers from 1 to {MAX_PARTS}.")
    row = _reserve(announced, number, size_bytes)
    try:
        with tempfile.SpooledTemporaryFile(CHUNK_BYTES) as spooled:
            etag, size_bytes = _copy(body, spooled, size_bytes)
            name = _store(row.stored_as, spooled, size_bytes)
    except BaseException as error:
        count, _ = row.delete()
        # The replacing request also deletes the file, perhaps while the storage still writes it.
        if isinstance(error, uploads.NotStored) and not count:
            raise _replaced(number) from error
        raise
    values = {"etag": etag, "size_bytes": size_bytes, "stored_as": name}
    if not ProxyPart.objects.filter(pk=row.pk).update(**values):
        _delete_files([name])
        raise _replaced(number)
    return etag


def _replaced(number: int) -> ValueError:
    return ValueError(f"Part {number} was sent again in the meantime.")


def _reserve(announced: AnnouncedUpload, number: int, size_bytes: int) -> ProxyPart:
    """Write the part's row before its bytes, so that they count at once; it has no etag yet."""
    rows = ProxyPart.objects.filter(file_id=announced.pk)
    with storage_limits.locked_quota(announced.user_id):
        former = rows.filter(number=number)
        replaced = list(former.values_list("stored_as", flat=True))
        former.delete()
        received_bytes = rows.aggregate(sum=Sum("size_bytes"))["sum"] or 0
        if size_bytes > min(MAX_PART_BYTES, uploads.MAX_BYTES - received_bytes):
            most = uploads.MAX_BYTES >> 20
            raise ValueError(f"{announced.name} is larger than {most} MB, or its part too large.")
        storage_limits.require_quota(announced.user_id, "", size_bytes)
        row = ProxyPart.objects.create(
            file_id=announced.pk,
            user_id=announced.user_id,
            number=number,
            size_bytes=size_bytes,
            stored_as=f"{FOLDER}/{announced.pk}-{number}-{uuid.uuid4().hex}",
        )
    _delete_files(replaced)
    return row


def _copy(body: IO[bytes], spooled: IO[bytes], most_bytes: int) -> tuple[str, int]:
    """Copy a part; return its etag and size."""
    digest, size = hashlib.sha256(), 0
    while chunk := body.read(CHUNK_BYTES):
        size += len(chunk)
        if size > most_bytes:
            raise ValueError("The part is larger than its Content-Length.")
        digest.update(chunk)
        spooled.write(chunk)
    spooled.seek(0)
    return digest.hexdigest()[:32], size


def complete(announced: AnnouncedUpload, part_list: Any) -> ProxyFile:
    """Join the listed parts to one upload; raises like `receive`, also if one is missing."""
    own = ProxyPart.objects.filter(file_id=announced.pk)
    rows = {row.number: row for row in own if row.etag}
    ordered = [_find_part(part, rows) for part in part_list] if isinstance(part_list, list) else []
    ordered.sort(key=lambda row: row.number)
    if not ordered or len({row.number for row in ordered}) != len(ordered):
        raise ValueError("The list of parts is empty, or names one twice.")
    with tempfile.SpooledTemporaryFile(CHUNK_BYTES) as whole_file:
        _join(ordered, whole_file)
        freed = sum(row.size_bytes for row in ordered)
        file = keep(announced, whole_file, whole_file.tell(), freed_bytes=freed)
    _delete(own)
    return file


def bytes_of(user_id: int) -> int:
    """Return what a user's parts take, which counts towards their quota."""
    return ProxyPart.objects.filter(user_id=user_id).aggregate(sum=Sum("size_bytes"))["sum"] or 0


def purge_stale() -> float:
    """Delete parts of uploads that have expired; return the seconds until the next call."""
    before = timezone.now() - timedelta(seconds=MAX_AGE_S)
    stale = ProxyPart.objects.filter(created_at__lt=before)
    keys = list(stale.values_list("pk", flat=True)[:DELETED_AT_ONCE])
    _delete(ProxyPart.objects.filter(pk__in=keys))
    return 1.0 if len(keys) == DELETED_AT_ONCE else EVERY_S


def _find_part(part: Any, rows: dict[int, ProxyPart]) -> ProxyPart:
    number = part.get("partNumber") if isinstance(part, dict) else None
    row = rows.get(number) if isinstance(number, int) else None
    if row is None or str(part.get("etag", "")).strip('"') != row.etag:
        raise ValueError(
            f"Part {str(number)[:10]} is missing, or differs from the one that was sent. Send it "
            "again."
        )
    return row


def _join(rows: Sequence[ProxyPart], whole_file: IO[bytes]) -> None:
    try:
        for row in rows:
            with default_storage.open(row.stored_as) as part:
                shutil.copyfileobj(part, whole_file, CHUNK_BYTES)
    except Exception as error:  # storage backends raise any kind of exception
        raise uploads.NotStored(NOT_KEPT) from error


def _store(name: str, content: IO[bytes], size: int) -> str:
    try:
        storage_limits.require_free_space(size)
        return default_storage.save(name, File(content))
    except Exception as error:  # storage backends raise any kind of exception
        raise uploads.NotStored(NOT_KEPT) from error


def _delete(rows: QuerySet[ProxyPart]) -> None:
    """Delete rows, then their files: a leftover file wastes space, a leftover row causes errors."""
    names = list(rows.values_list("stored_as", flat=True))
    rows.delete()
    _delete_files(names)


def _delete_files(names: Iterable[str]) -> None:
    for name in names:
        with suppress(Exception):  # storage backends raise any kind of exception
            default_storage.delete(name)
