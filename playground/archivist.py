"""Copies artifacts to our storage in the background: upstream's copies expire."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO

from asgiref.sync import sync_to_async
from django.core.files import File
from django.core.files.storage import default_storage
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from PIL import Image, UnidentifiedImageError

import fal
from playground import sniffing
from playground.models import Artifact

log = logging.getLogger(__name__)

MAX_BYTES = 2 << 30
TRIES = 6
IN_MEMORY_BYTES = 4 << 20


@dataclass(frozen=True)
class Kept:
    """A file in our storage."""

    name: str
    digest: str
    size_bytes: int
    content_type: str
    width: int | None = None
    height: int | None = None


def has_due() -> bool:
    """Whether there is something to copy now; one cheap look without a write."""
    return _due(timezone.now()).exists()


def due(limit: int) -> list[Artifact]:
    """Artifacts to copy now, oldest first; taking them puts them off, so two workers rarely meet."""
    now = timezone.now()
    rows = list(_due(now).order_by("pk")[:limit])
    Artifact.objects.filter(pk__in=[row.pk for row in rows]).update(
        next_attempt_at=now + timedelta(minutes=5), attempts=F("attempts") + 1
    )
    return rows


def _due(now: datetime) -> QuerySet[Artifact]:
    ready = Q(next_attempt_at=None) | Q(next_attempt_at__lt=now)
    return Artifact.objects.filter(ready, state=Artifact.State.REMOTE)


async def keep(artifact: Artifact, files: fal.Files) -> None:
    """Copy one artifact; what upstream no longer has is marked as lost, with the reason."""
    try:
        kept = await _copy(artifact, files)
    except fal.FalError as error:
        is_over = not error.is_retryable or artifact.attempts + 1 >= TRIES
        log.warning("artifact %s of run %s not copied: %s", artifact.path, artifact.run_id, error)
        await Artifact.objects.filter(pk=artifact.pk).aupdate(
            state=Artifact.State.LOST if is_over else Artifact.State.REMOTE,
            error=str(error)[:255],
            next_attempt_at=timezone.now() + timedelta(seconds=5 * 3**artifact.attempts),
        )
        return
    is_inline = artifact.url.startswith("data:")  # megabytes that lists would carry along
    await Artifact.objects.filter(pk=artifact.pk).aupdate(
        state=Artifact.State.STORED,
        url=artifact.url[:64] if is_inline else artifact.url,
        file=kept.name,
        digest=kept.digest,
        size_bytes=kept.size_bytes,
        content_type=kept.content_type,
        width=artifact.width or kept.width,
        height=artifact.height or kept.height,
        error="",
    )


async def _copy(artifact: Artifact, files: fal.Files) -> Kept:
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as file:
        async with files.open(artifact.url, max_bytes=MAX_BYTES) as stream:
            claimed = stream.content_type or artifact.content_type
            async for chunk in stream:
                file.write(chunk)
        return await sync_to_async(store)(file, claimed)


def store(file: IO[bytes], claimed: str = "") -> Kept:
    """Put an open file into our storage, once per content; name, type and size come from its bytes."""
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    file.seek(0, os.SEEK_END)
    size_bytes = file.tell()
    file.seek(0)
    kind = sniffing.content_type(file.read(sniffing.HEAD_BYTES), claimed)
    name = f"{digest[:2]}/{digest[2:4]}/{digest}.{sniffing.extension(kind)}"
    if not default_storage.exists(name):
        file.seek(0)
        name = default_storage.save(name, File(file))
    width, height = dimensions(file) if kind.startswith("image/") else (None, None)
    return Kept(name, digest, size_bytes, kind, width, height)


def dimensions(file: IO[bytes]) -> tuple[int | None, int | None]:
    """Width and height in pixels of an open picture, or nothing where it cannot be read."""
    file.seek(0)
    try:
        with Image.open(file) as picture:
            return picture.size
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None, None
