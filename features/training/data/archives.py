"""Reads posted ZIP archives defensively.

A posted archive is untrusted: sizes are counted while it is unpacked, paths only say which caption
belongs to which file, and files that are neither media nor captions are skipped and reported.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO
from zlib import error as ZlibError

from core.refusals import Refused
from core.text_encoding import decode_text
from fal.db_safe import db_safe_text
from features.training.data import pairing
from features.training.data.items import MAX_CAPTION_CHARS
from runs.files import content_types

MAX_ENTRIES = 10_000
# Limits of the list of entries at an archive's end, which includes skipped entries. The list has 46
# bytes and the name of each entry, and zipfile makes an object of 500 bytes for each.
MAX_LISTED = 40_000
MAX_LIST_BYTES = 4 << 20
MAX_ARCHIVE_BYTES = 400 << 20
MAX_POST_MB = 800  # of one post with archives and single files
MAX_UNPACKED_BYTES = 400 << 20  # of one archive, against ZIP bombs
MAX_TEXT_BYTES = 64 << 10
SPOOL_BYTES = 1 << 20
CHUNK_BYTES = 1 << 16
MEDIA = {
    ".png",
    ".jpg",
    ".jpeg",
    ".webp",
    ".gif",
    ".avif",
    ".bmp",
    ".mp4",
    ".mov",
    ".webm",
    ".mkv",
    ".wav",
    ".mp3",
    ".flac",
    ".ogg",
    ".m4a",
    ".aac",
    ".opus",
}
_SAYS_UTF8 = 0x800
_BROKEN = (zipfile.BadZipFile, ZlibError, EOFError, NotImplementedError, RuntimeError, OSError)


@dataclass(frozen=True)
class Entry:
    """A file of an archive with its path in it: a caption's `text`, or an open `file`."""

    path: str
    file: IO[bytes] | None = None
    text: str = ""
    trouble: str = ""  # why it is skipped

    @property
    def name(self) -> str:
        """Return the name without folders."""
        return PurePosixPath(self.path).name


def is_text(name: str) -> bool:
    """Whether a file with this name is a caption."""
    return name.lower().endswith(pairing.SUFFIXES)


def decode_caption(data: bytes) -> str:
    """Return the text of a caption, truncated to MAX_CAPTION_CHARS."""
    text = decode_text(data, is_cut=len(data) >= MAX_TEXT_BYTES)
    return db_safe_text(text).strip()[:MAX_CAPTION_CHARS]  # 10,000 of them are held at once


def entries(archive: IO[bytes], name: str, max_bytes: int = MAX_UNPACKED_BYTES) -> Iterator[Entry]:
    """Yield the files of a ZIP, each open until the next is requested.

    Raises Refused if it is not an archive or too large. Silently skips folders, `__MACOSX` and
    hidden files.
    """
    try:
        _require_short_list(archive, name)
        zip_file = zipfile.ZipFile(archive)
    except _BROKEN as error:
        raise Refused(f"{name} is not a ZIP archive, or is damaged.") from error
    with zip_file:
        infos = [info for info in zip_file.infolist() if counts(_path(info))]
        if len(infos) > MAX_ENTRIES:
            raise Refused(f"{name} holds {len(infos)} files, more than the {MAX_ENTRIES} read.")
        for info in infos:
            with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as spooled:
                entry, size_bytes = _entry(zip_file, info, spooled, max_bytes)
                max_bytes -= size_bytes
                if max_bytes < 0:
                    raise Refused(f"{name} unpacks to more than is read from an archive.")
                yield entry


def _require_short_list(archive: IO[bytes], name: str) -> None:
    """Raise Refused if the archive's end record announces too many entries.

    Runs before zipfile reads the list of entries. It uses zipfile's own reader of the end record,
    as an archive can be made so that another reader sees another list. The announced number may
    be wrong, so the size of the list is limited, too.
    """
    if archive.seek(0, 2) > MAX_ARCHIVE_BYTES:
        raise Refused(
            f"{name} is larger than the {MAX_ARCHIVE_BYTES >> 20} MB read from an archive."
        )
    end = zipfile._EndRecData(archive)  # type: ignore[attr-defined]
    count, size_bytes = (end[4], end[5]) if end else (0, 0)
    if count > MAX_LISTED or size_bytes > MAX_LIST_BYTES:
        raise Refused(f"{name} lists {count:,} files, more than are read from an archive.")


def counts(path: str) -> bool:
    """Return True if a path is a file to read: no folder, macOS metadata or hidden file."""
    parts = path.split("/")
    is_hidden = any(part.startswith(".") and part not in {".", ".."} for part in parts)
    return bool(parts[-1]) and "__MACOSX" not in parts and not is_hidden


def _path(info: zipfile.ZipInfo) -> str:
    """Return an entry's path; many programs write UTF-8 without the flag (APPNOTE 4.4.4)."""
    path = info.filename
    if not info.flag_bits & _SAYS_UTF8:
        with suppress(UnicodeError):
            path = path.encode("cp437").decode()
    return path.replace("\\", "/")


def _entry(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: IO[bytes], budget: int
) -> tuple[Entry, int]:
    """Unpack one file into `file`; return its entry and size."""
    path = _path(info)
    is_caption = is_text(path)
    is_named_so = is_caption or PurePosixPath(path).suffix.lower() in MEDIA
    if not is_named_so and not _is_media(archive, info):
        return Entry(path, trouble="is neither a picture, film, sound nor a caption"), 0
    if info.flag_bits & 1:
        return Entry(path, trouble="is encrypted"), 0
    try:
        most = min(budget, MAX_TEXT_BYTES) if is_caption else budget
        size_bytes = _unpack(archive, info, file, most)
    except _BROKEN:
        return Entry(path, trouble="is damaged in the archive"), 0
    if is_caption:
        return Entry(path, text=decode_caption(file.read(MAX_TEXT_BYTES))), size_bytes
    return Entry(path, file), size_bytes


def _is_media(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    """Whether the content of a file such as `a.jfif` is a picture, film or sound."""
    try:
        with archive.open(info) as file:
            head = file.read(content_types.HEAD_BYTES)
    except _BROKEN:
        return False
    return content_types.content_type(head).partition("/")[0] in {"image", "video", "audio"}


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: IO[bytes], most: int) -> int:
    """Write at most one chunk more than `most` bytes of a file, as stated sizes may be wrong."""
    size_bytes = 0
    with archive.open(info) as packed:
        while size_bytes <= most and (chunk := packed.read(CHUNK_BYTES)):
            file.write(chunk)
            size_bytes += len(chunk)
    file.seek(0)
    return size_bytes
