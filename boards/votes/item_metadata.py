"""Finds metadata that reveal the origin of AVIF and HEIF files: items besides the picture itself.

As in `metadata.py`, no file changes its length. Items with Exif, XMP or other text become zeros and
get a type that readers skip; names of items and of the writer become zeros. Source: ISO/IEC
14496-12, sections 8.4.3 (hdlr), 8.11.1 (meta), 8.11.3 (iloc), 8.11.6 (iinf) and 8.11.11 (idat).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO, NamedTuple

from boards.votes.container_metadata import Patch, Patches

MAX_BOXES = 2_000
MAX_HEAD_BYTES = 4 << 20  # of iloc and iinf, which usually have a few hundred
MAX_EXTENT_BYTES = 8 << 20
_TOLD = {b"Exif", b"mime", b"uri "}
_SKIPPED = b"viTr"  # a type that no reader knows
_HANDLER_NAME = 24  # after version, handler type and reserved bytes


class Box(NamedTuple):
    """A box of the file: the offsets of its length, of its content and of its end."""

    kind: bytes
    start: int
    content: int
    end: int


def items(file: IO[bytes], size_bytes: int) -> Patches:
    """Zero the metadata among a picture's items, in the box `meta` at the top level."""
    for top in boxes(file, 0, size_bytes):
        if top.kind == b"meta":
            inner = {box.kind: box for box in boxes(file, top.content + 4, top.end)}
            yield from _named(file, inner, size_bytes)


def boxes(file: IO[bytes], start: int, end: int) -> Iterator[Box]:
    """Yield the boxes between two offsets; ends at a malformed one."""
    for _ in range(MAX_BOXES):
        head = _at(file, start, 16)
        if len(head) < 8 or start >= end:
            return
        length, kind, head_bytes = int.from_bytes(head[:4]), head[4:8], 8
        if length == 1:
            length, head_bytes = int.from_bytes(head[8:16]), 16
        length = length or end - start
        if length < head_bytes or start + length > end:
            return
        yield Box(kind, start, start + head_bytes, start + length)
        start += length


def handler_name(box: Box) -> Patches:
    """Zero the name in a box `hdlr`, in which programs identify themselves."""
    start = box.content + _HANDLER_NAME
    if start < box.end and box.end - start <= MAX_HEAD_BYTES:
        yield Patch(start, bytes(box.end - start))


def _at(file: IO[bytes], offset: int, count: int) -> bytes:
    file.seek(offset)
    return file.read(count)


def _named(file: IO[bytes], inner: dict[bytes, Box], size_bytes: int) -> Patches:
    if writer := inner.get(b"hdlr"):
        yield from handler_name(writer)
    if b"iinf" not in inner:
        return
    told: set[int] = set()
    for entry in _entries(file, inner[b"iinf"]):
        version, content = _at(file, entry.content, 1), _at(file, entry.content + 4, 10)
        id_bytes = {b"\2": 2, b"\3": 4}.get(version)
        if entry.kind != b"infe" or id_bytes is None:
            continue
        kind = entry.content + 4 + id_bytes + 2
        if content[id_bytes + 2 : id_bytes + 6] in _TOLD:
            told.add(int.from_bytes(content[:id_bytes]))
            yield Patch(kind, _SKIPPED)
        if 0 < entry.end - kind - 4 <= MAX_HEAD_BYTES:
            yield Patch(kind + 4, bytes(entry.end - kind - 4))
    if told and b"iloc" in inner:
        data = inner.get(b"idat")
        for extent in _extents(file, inner[b"iloc"]):
            start = extent.start + (data.content if data and extent.is_in_idat else 0)
            count = min(extent.size, size_bytes - start)
            if extent.item in told and 0 < count <= MAX_EXTENT_BYTES:
                yield Patch(start, bytes(count))


def _entries(file: IO[bytes], info: Box) -> Iterator[Box]:
    is_long = _at(file, info.content, 1) != b"\0"
    return boxes(file, info.content + (8 if is_long else 6), info.end)


class _Extent(NamedTuple):
    item: int
    is_in_idat: bool
    start: int
    size: int


def _extents(file: IO[bytes], places: Box) -> Iterator[_Extent]:
    """Yield the extents of the items' data; ends where the box is truncated."""
    content = io.BytesIO(
        _at(file, places.content, min(places.end - places.content, MAX_HEAD_BYTES))
    )

    def number(count: int) -> int:
        read = content.read(count)
        if len(read) < count:
            raise EOFError
        return int.from_bytes(read)

    try:
        version = number(4) >> 24
        sizes = number(2)
        offset_bytes, length_bytes, base_bytes = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
        index_bytes = sizes & 15 if version else 0
        for _ in range(number(4 if version > 1 else 2)):
            item = number(4 if version > 1 else 2)
            method = number(2) & 15 if version else 0
            number(2)  # data reference index: 0 is this file
            base = number(base_bytes)
            for _ in range(number(2)):
                number(index_bytes)
                start = base + number(offset_bytes)
                yield _Extent(item, method == 1, start, number(length_bytes))
    except EOFError:
        return
