"""Blanks metadata that reveal the origin of media files: prompts, programs and models.

The file keeps its length, so ranges and offsets stay valid: metadata are overwritten with zeros.
PNG, JPEG, WebP, WAV, MP4, MP3, AAC and SVG are handled here, GIF, FLAC, Ogg and WebM in
`container_metadata.py`, AVIF and HEIF in `item_metadata.py`; other formats are served unchanged.
Still pictures are copied instead, if they are not too large (`blind_files.py`).
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO

from boards.votes import container_metadata, item_metadata
from boards.votes.container_metadata import Patch, Patches

MAX_PATCH_BYTES = 8 << 20  # larger metadata are covered by several patches
MAX_PARTS = 10_000
PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = {
    *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP"),
    *(b"sBIT", b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT"),
}
_RIFF_KEPT = {
    b"WEBP": {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"},
    b"WAVE": {b"fmt ", b"data", b"fact"},
}
_WEBP_METADATA_FLAGS = 0x0C  # EXIF and XMP, in the first byte of VP8X
_JPEG_KEPT = {0xE0: b"", 0xE2: b"ICC_PROFILE", 0xEE: b""}
APE_HEAD_BYTES = 32
_SVG_TOLD = re.compile(rb"<!--|<\?(?!xml\s)|<(metadata|title|desc)\b[^<>]*(?<!/)>")
_BOXES_WITH_BOXES = {b"moov", b"trak", b"mdia"}
_BOXES_TO_BLANK = {b"udta", b"uuid", b"meta"}


def patches(file: IO[bytes]) -> list[Patch]:
    """Return the patches that blank an open file's metadata; malformed parts stay unchanged."""
    head = _at(file, 0, 12)
    size_bytes = file.seek(0, 2)
    for begins, read in _READERS:
        if begins(head):
            return [*read(file, size_bytes)]
    return []


def _at(file: IO[bytes], offset: int, count: int) -> bytes:
    file.seek(offset)
    return file.read(count)


def _zeros(offset: int, count: int) -> Patches:
    while count > 0:
        part = min(count, MAX_PATCH_BYTES)
        yield Patch(offset, bytes(part))
        offset, count = offset + part, count - part


def _png(file: IO[bytes], size_bytes: int) -> Patches:
    offset = len(PNG)
    for _ in range(MAX_PARTS):
        head = _at(file, offset, 8)
        if len(head) < 8:
            return
        length, kind = struct.unpack(">I4s", head)
        if offset + 12 + length > size_bytes:
            return
        if kind not in _PNG_KEPT and kind[:1].islower() and length <= MAX_PATCH_BYTES:
            blank = b"viTr" + bytes(length)
            yield Patch(offset + 4, blank + struct.pack(">I", zlib.crc32(blank)))
        offset += 12 + length
        if kind == b"IEND":
            yield from _zeros(offset, size_bytes - offset)
            return


def _jpeg(file: IO[bytes], size_bytes: int) -> Patches:
    offset = 2
    for _ in range(MAX_PARTS):
        head = _at(file, offset, 4)
        if len(head) < 4 or head[0] != 0xFF or head[1] == 0xDA:
            return
        marker, length = head[1], int.from_bytes(head[2:])
        if 0xE0 <= marker <= 0xEF or marker == 0xFE:
            kept = _JPEG_KEPT.get(marker)
            is_kept = kept is not None and _at(file, offset + 4, len(kept)) == kept
            if not is_kept and offset + 2 + length <= size_bytes:
                yield from _zeros(offset + 4, length - 2)
        offset += 2 + length


def _riff(file: IO[bytes], size_bytes: int) -> Patches:
    kept = _RIFF_KEPT.get(_at(file, 8, 4), set())
    offset = 12
    for _ in range(MAX_PARTS):
        head = _at(file, offset, 8)
        if len(head) < 8:
            return
        kind, length = struct.unpack("<4sI", head)
        if kind == b"VP8X":
            flags = _at(file, offset + 8, 1)
            yield Patch(offset + 8, bytes([flags[0] & ~_WEBP_METADATA_FLAGS]) if flags else b"")
        elif kept and kind not in kept and offset + 8 + length <= size_bytes:
            yield Patch(offset, b"JUNK")
            yield from _zeros(offset + 8, length)
        offset += 8 + length + length % 2


def _film(file: IO[bytes], size_bytes: int) -> Patches:
    """Yield the patches for a video's boxes, and for a picture's items (AVIF, HEIF)."""
    yield from _boxes(file, size_bytes)
    yield from item_metadata.items(file, size_bytes)


def _boxes(file: IO[bytes], end: int, start: int = 0, *, is_inner: bool = False) -> Patches:
    for box in item_metadata.boxes(file, start, end):
        if box.kind in _BOXES_WITH_BOXES:
            yield from _boxes(file, box.end, box.content, is_inner=True)
        elif box.kind in _BOXES_TO_BLANK and (is_inner or box.kind != b"meta"):
            yield Patch(box.start + 4, b"free")
            yield from _zeros(box.content, box.end - box.content)
        elif box.kind == b"hdlr":
            yield from item_metadata.handler_name(box)


def _mp3(file: IO[bytes], size_bytes: int) -> Patches:
    head = _at(file, 0, 10)
    if head[:3] == b"ID3" and len(head) == 10:
        length = sum((byte & 0x7F) << 7 * (3 - place) for place, byte in enumerate(head[6:10]))
        yield from _zeros(10, min(length, size_bytes - 10))
    end = size_bytes
    if size_bytes >= 128 and _at(file, size_bytes - 128, 3) == b"TAG":
        end -= 128
        yield from _zeros(end, 128)
    yield from _ape(file, 0, size_bytes)
    yield from _ape(file, end - APE_HEAD_BYTES, size_bytes)


def _ape(file: IO[bytes], offset: int, size_bytes: int) -> Patches:
    """Zero an APEv2 tag whose header or footer is at `offset`; either has the tag's length."""
    head = _at(file, offset, APE_HEAD_BYTES) if offset >= 0 else b""
    if head[:8] != b"APETAGEX" or len(head) < APE_HEAD_BYTES:
        return
    length, _, flags = struct.unpack("<III", head[12:24])  # without the header
    is_header, has_header = bool(flags & 1 << 29), bool(flags & 1 << 31)
    start = offset if is_header else max(offset + APE_HEAD_BYTES - length, 0)
    end = min(offset + APE_HEAD_BYTES + (length if is_header else 0), size_bytes)
    if has_header and not is_header:
        start = max(start - APE_HEAD_BYTES, 0)
    yield from _zeros(start, end - start)


def _svg(file: IO[bytes], size_bytes: int) -> Patches:
    """Blank comments, titles, descriptions and metadata with spaces."""
    text = _at(file, 0, size_bytes) if size_bytes <= MAX_PATCH_BYTES else b""
    offset = 0
    while found := _SVG_TOLD.search(text, offset):
        last = b"</" + found[1] + b">" if found[1] else {b"<!--": b"-->"}.get(found[0], b"?>")
        end = text.find(last, found.end())
        offset = end + len(last) if end >= 0 else size_bytes  # without an end nothing is drawn
        yield Patch(found.start(), b" " * (offset - found.start()))


_READERS: list[tuple[Callable[[bytes], bool], Callable[[IO[bytes], int], Patches]]] = [
    (lambda head: head.startswith(PNG), _png),
    (lambda head: head.startswith(b"\xff\xd8\xff"), _jpeg),
    (lambda head: head.startswith(b"RIFF"), _riff),
    (lambda head: head[4:8] == b"ftyp", _film),
    (lambda head: head.startswith((b"GIF87a", b"GIF89a")), container_metadata.gif),
    (lambda head: head.startswith(b"fLaC"), container_metadata.flac),
    (lambda head: head.startswith(b"OggS"), container_metadata.ogg),
    (lambda head: head.startswith(b"\x1aE\xdf\xa3"), container_metadata.webm),
    (lambda head: head.startswith((b"ID3", b"APETAGEX")), _mp3),
    # The sync word of MPEG sound, layers 2 and 3, and of AAC.
    (lambda head: head[:1] == b"\xff" and head[1:2] >= b"\xf0", _mp3),
    (lambda head: head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"), _svg),
]


@dataclass
class BlankedFile:
    """An open file whose metadata read as zeros; it can be read, sought and closed."""

    file: IO[bytes]
    patches: list[Patch] = field(init=False)

    def __post_init__(self) -> None:
        """Find the metadata, and seek to the beginning."""
        self.patches = patches(self.file)
        self.file.seek(0)

    def read(self, count: int = -1) -> bytes:
        """Return the next bytes."""
        start = self.file.tell()
        data = bytearray(self.file.read(count))
        for patch in self.patches:
            first = max(patch.offset, start)
            last = min(patch.offset + len(patch.data), start + len(data))
            if first < last:
                part = patch.data[first - patch.offset : last - patch.offset]
                data[first - start : last - start] = part
        return bytes(data)

    @property
    def size(self) -> int:
        """Return the length in bytes, which blanking does not change."""
        return int(self.file.size)  # type: ignore[attr-defined]

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def seek(self, offset: int, whence: int = 0) -> int:
        """Seek to an offset."""
        return self.file.seek(offset, whence)

    def __enter__(self) -> BlankedFile:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.file.close()
