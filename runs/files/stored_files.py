"""Stores files once per content, and detects their type and size from their bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import IO

from django.core.files import File

from core import storage
from runs.files import content_types


@dataclass(frozen=True)
class StoredFile:
    """A file in our storage."""

    name: str
    digest: str
    size_bytes: int
    content_type: str
    kind: str = ""
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    shortest_s: float | None = None  # as in `Artifact`
    codec: str = ""
    poster: str = ""
    thumbnail: str = ""
    provenance: str = ""  # this and the next two as in `Artifact`
    signer: str = ""
    source_type: str = ""
    previews: Mapping[str, str] = field(default_factory=dict)  # as `derived_files.record` expects
    warning: str = ""  # why this is probably not the run's result


def content_digest(file: IO[bytes]) -> str:
    """Return the SHA-256 of an open file's bytes."""
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def store(
    file: IO[bytes], claimed_type: str = "", digest: str = "", names: Iterable[str] = ()
) -> StoredFile:
    """Store an open file once per content; name, type and size are derived from its bytes.

    `digest` is its `content_digest`, if known; `names` help where the bytes do not tell the type.
    Call `purge.reclaim` with the digest first.
    """
    digest = digest or content_digest(file)
    file.seek(0, os.SEEK_END)
    size_bytes = file.tell()
    file.seek(0)
    kind = content_types.content_type(file.read(content_types.HEAD_BYTES), claimed_type, *names)
    name = f"{digest[:2]}/{digest[2:4]}/{digest}.{content_types.extension(kind)}"
    file.seek(0)
    name = storage.write(name, File(file), size_bytes)
    width, height = dimensions(file) if kind.startswith("image/") else (None, None)
    return StoredFile(name, digest, size_bytes, kind, width=width, height=height)


def dimensions(file: IO[bytes]) -> tuple[int | None, int | None]:
    """Return the width and height at which an open picture is shown; None if it cannot be read."""
    from PIL import Image, UnidentifiedImageError  # four megabytes of code, needed only here

    from core.pictures.orientation import shown_size

    file.seek(0)
    try:
        with Image.open(file) as picture:
            return shown_size(picture)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None, None
