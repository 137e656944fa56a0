"""Packs files with captions into a ZIP, mostly for a trainer, and stores it as an upload."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING

from django.core.files.uploadedfile import UploadedFile

from core.http.streaming import chunks
from runs.files import uploads
from runs.models import Upload

if TYPE_CHECKING:
    from projects.models import Project

_STAMP = (1980, 1, 1, 0, 0, 0)  # the earliest time that a ZIP can have


def store(
    user_id: int,
    name: str,
    files: Iterable[tuple[str, IO[bytes]]],
    texts: dict[str, str],
    project: Project,
) -> Upload:
    """Store the ZIP of these files, and of the texts by name; raises ValueError as `uploads.store`.

    `texts` are read after the last file.
    """
    with tempfile.TemporaryFile() as target:
        write(target, files, texts)
        size_bytes = target.seek(0, 2)
        packed_file = UploadedFile(target, name, "application/zip", size_bytes)
        return uploads.store(user_id, packed_file, project=project)


def write(target: IO[bytes], files: Iterable[tuple[str, IO[bytes]]], texts: dict[str, str]) -> None:
    """Write a ZIP: media uncompressed, as they are already compressed, then captions by name.

    Equal files produce equal bytes, so the same content is stored and uploaded once.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, file in files:
            with archive.open(_info(name), "w", force_zip64=True) as packed:
                for chunk in chunks(file):
                    packed.write(chunk)
        for name in sorted(texts):
            archive.writestr(_info(name), texts[name].encode())


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _STAMP)
    info.external_attr = 0o644 << 16
    info.create_system = 3
    return info
