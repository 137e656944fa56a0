"""Multipart uploads, as `@fal-ai/client` sends files above 90 MB (fal-protocol.md, section 9.1).

A part is a file in our storage and a row, so any web process can receive the next one. After the
last one they are joined to one upload; incomplete parts are deleted when another upload starts.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db.models import QuerySet, Sum
from django.utils import timezone

from api.fal_proxy.uploads import CHUNK_BYTES, MAX_AGE_S, Announced, keep
from api.models import ProxyFile, ProxyPart
from playground.files import storage_limits, uploads

MAX_PART_BYTES = 64 << 20  # the client sends 10 MB
MAX_PARTS = 1000
FOLDER = "incoming"
DELETED_AT_ONCE = 100  # stale parts, each time an upload starts
NOT_KEPT = "This server's storage takes no files at the moment. Try again later."


def receive(announced: Announced, number: int, body: IO[bytes]) -> str:
    """Store a part, replacing one with the same number; returns its etag.

    Raises ValueError with a message, `uploads.NotStored` if the storage failed.
    """
    if not 1 <= number <= MAX_PARTS:
        raise ValueError(f"Parts have numbers from 1 to {MAX_PARTS}.")
    others = ProxyPart.objects.filter(file_id=announced.pk).exclude(number=number)
    taken = others.aggregate(sum=Sum("size_bytes"))["sum"] or 0
    room = min(MAX_PART_BYTES, uploads.MAX_BYTES - taken)
    with tempfile.SpooledTemporaryFile(CHUNK_BYTES) as spooled:
        digest, size = hashlib.sha256(), 0
        while chunk := body.read(CHUNK_BYTES):
            size += len(chunk)
            if size > room:
                most = uploads.MAX_BYTES >> 20
                raise ValueError(
                    f"{announced.name} is larger than {most} MB, or its part too large."
                )
            digest.update(chunk)
            spooled.write(chunk)
        spooled.seek(0)
        name = _store(f"{FOLDER}/{announced.pk}-{number}", spooled, size)
    etag = digest.hexdigest()[:32]
    _delete(ProxyPart.objects.filter(file_id=announced.pk, number=number))
    ProxyPart.objects.create(
        file_id=announced.pk,
        user_id=announced.user_id,
        number=number,
        etag=etag,
        size_bytes=size,
        stored_as=name,
    )
    return etag


def complete(announced: Announced, listed: Any) -> ProxyFile:
    """Join the listed parts to one upload; raises like `receive`, also if one is missing."""
    rows = {row.number: row for row in ProxyPart.objects.filter(file_id=announced.pk)}
    ordered = [_listed(one, rows) for one in listed] if isinstance(listed, list) else []
    ordered.sort(key=lambda row: row.number)
    if not ordered or len({row.number for row in ordered}) != len(ordered):
        raise ValueError("The list of parts is empty, or names one twice.")
    with tempfile.SpooledTemporaryFile(CHUNK_BYTES) as whole:
        _join(ordered, whole)
        found = keep(announced, whole, whole.tell())
    _delete(ProxyPart.objects.filter(file_id=announced.pk))
    return found


def delete_stale() -> None:
    """Delete parts of uploads that have expired."""
    before = timezone.now() - timedelta(seconds=MAX_AGE_S)
    stale = ProxyPart.objects.filter(created_at__lt=before)
    _delete(ProxyPart.objects.filter(pk__in=[row.pk for row in stale[:DELETED_AT_ONCE]]))


def _listed(one: Any, rows: dict[int, ProxyPart]) -> ProxyPart:
    number = one.get("partNumber") if isinstance(one, dict) else None
    row = rows.get(number) if isinstance(number, int) else None
    if row is None or str(one.get("etag", "")).strip('"') != row.etag:
        raise ValueError(f"Part {str(number)[:10]} is missing, or is another one. Send it again.")
    return row


def _join(rows: Sequence[ProxyPart], whole: IO[bytes]) -> None:
    try:
        for row in rows:
            with default_storage.open(row.stored_as) as part:
                shutil.copyfileobj(part, whole, CHUNK_BYTES)
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
    for name in names:
        with suppress(Exception):  # storage backends raise any kind of exception
            default_storage.delete(name)
