"""Finds metadata that reveal the origin of GIF, FLAC, Ogg and WebM files.

As in `metadata.py`, no file changes its length: texts become zeros, and blocks that players may
skip become padding. Sources: GIF89a, sections 23 to 26; RFC 9639, section 8; RFC 3533, Vorbis I,
section 5, and RFC 7845, section 5.2; RFC 8794 and RFC 9559.
"""

from __future__ import annotations

import struct
from collections.abc import Generator, Iterator
from typing import IO, NamedTuple

MAX_PARTS = 10_000
MAX_PACKET_BYTES = 4 << 20


class Patch(NamedTuple):
    """Bytes that replace those of a file from an offset on."""

    offset: int
    data: bytes


Patches = Iterator[Patch]


def _at(file: IO[bytes], offset: int, count: int) -> bytes:
    file.seek(offset)
    return file.read(count)


def gif(file: IO[bytes], size_bytes: int) -> Patches:
    """Zero comments and application extensions, except the one for looping."""
    flags = _at(file, 10, 1)
    offset = 13 + _colours(flags)
    for _ in range(MAX_PARTS):
        head = _at(file, offset, 14)
        if not head or offset >= size_bytes:
            return
        if head[:1] == b",":
            offset += 10 + _colours(head[9:10]) + 1
            reveals_origin = False
        elif head[:1] == b"!":
            is_program = head[1:2] == b"\xff" and head[3:14] not in _GIF_LOOPS
            reveals_origin = head[1:2] == b"\xfe" or is_program
            offset += 2
        else:
            return
        offset = yield from _sub_blocks(file, offset, size_bytes, reveals_origin)


_GIF_LOOPS = {b"NETSCAPE2.0", b"ANIMEXTS1.0"}


def _colours(flags: bytes) -> int:
    """Return the size of a colour table in bytes."""
    return 3 << ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0


def _sub_blocks(
    file: IO[bytes], offset: int, size_bytes: int, reveals_origin: bool
) -> Generator[Patch, None, int]:
    """Zero a chain of data sub-blocks if `reveals_origin`; returns the offset after it."""
    while offset < size_bytes and (length := _at(file, offset, 1)[0]):
        if reveals_origin:
            yield Patch(offset + 1, bytes(min(length, size_bytes - offset - 1)))
        offset += 1 + length
    return offset + 1


def flac(file: IO[bytes], size_bytes: int) -> Patches:
    """Turn comments, pictures and application blocks into padding."""
    offset = 4
    for _ in range(MAX_PARTS):
        head = _at(file, offset, 4)
        if len(head) < 4:
            return
        kind, length = head[0] & 0x7F, int.from_bytes(head[1:])
        if kind in _FLAC_TOLD and offset + 4 + length <= size_bytes:
            yield Patch(offset, bytes([head[0] & 0x80 | _FLAC_PADDING]))
            yield Patch(offset + 4, bytes(length))
        if head[0] & 0x80:
            return
        offset += 4 + length


_FLAC_PADDING, _FLAC_TOLD = 1, {2, 4, 6}


def ogg(file: IO[bytes], size_bytes: int) -> Patches:
    """Zero the texts of the comment packet, with new checksums of its pages."""
    pages = list(_comment_pages(file, size_bytes))
    if not pages:
        return
    packet = b"".join(page.body for page in pages)
    blanked = _without_texts(packet)
    start = 0
    for page in pages:
        body = blanked[start : start + len(page.body)]
        start += len(page.body)
        head = page.head[:22] + bytes(4) + page.head[26:]
        yield Patch(page.offset + 22, struct.pack("<I", ogg_crc(head + body)))
        yield Patch(page.offset + len(head), body)


class _Page(NamedTuple):
    offset: int
    head: bytes
    body: bytes


def _comment_pages(file: IO[bytes], size_bytes: int) -> Iterator[_Page]:
    """Yield the pages after the first one, up to the end of the comments."""
    offset, taken = 0, 0
    for number in range(MAX_PARTS):
        head = _at(file, offset, 27)
        if len(head) < 27 or head[:4] != b"OggS" or taken > MAX_PACKET_BYTES:
            return
        table = _at(file, offset + 27, head[26])
        length = sum(table)
        if offset + 27 + len(table) + length > size_bytes:
            return
        if number:
            yield _Page(offset, head + table, _at(file, offset + 27 + len(table), length))
            taken += length
            if any(size < 255 for size in table):
                return
        offset += 27 + len(table) + length


def _without_texts(packet: bytes) -> bytes:
    """Return the packet with zeros for vendor and comments; their lengths stay."""
    start = next((len(mark) for mark in _OGG_MARKS if packet.startswith(mark)), 0)
    found = bytearray(packet)
    if not start:
        return packet
    offset, left = start, 1
    is_vendor = True
    while left > 0 and offset + 4 <= len(found):
        length = int.from_bytes(found[offset : offset + 4], "little")
        end = min(offset + 4 + length, len(found))
        found[offset + 4 : end] = bytes(max(end - offset - 4, 0))
        offset, left = end, left - 1
        if is_vendor and offset + 4 <= len(found):
            left, offset = int.from_bytes(found[offset : offset + 4], "little"), offset + 4
            is_vendor = False
    return bytes(found)


_OGG_MARKS = (b"\x03vorbis", b"OpusTags", b"\x81theora")
_OGG_TABLE: list[int] = []


def ogg_crc(data: bytes) -> int:
    """Return the checksum of an Ogg page: polynomial 04c11db7, not reflected, not inverted."""
    if not _OGG_TABLE:
        for byte in range(256):
            value = byte << 24
            for _ in range(8):
                value = (value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)
            _OGG_TABLE.append(value & 0xFFFFFFFF)
    crc = 0
    for byte in data:
        crc = ((crc << 8) & 0xFFFFFFFF) ^ _OGG_TABLE[(crc >> 24) ^ byte]
    return crc


def webm(file: IO[bytes], size_bytes: int) -> Patches:
    """Turn tags and attachments into Void elements, titles and application names into zeros."""
    yield from _elements(file, 0, size_bytes, 0)


_SEGMENT, _INFO, _TAGS, _ATTACHMENTS = 0x18538067, 0x1549A966, 0x1254C367, 0x1941A469
_INSIDE = {_SEGMENT, _INFO}
_WEBM_TEXTS = {0x7BA9, 0x4D80, 0x5741, 0x7384}  # Title, MuxingApp, WritingApp, SegmentFilename
_CLUSTER, _CRC = 0x1F43B675, 0xBF


def _elements(file: IO[bytes], offset: int, end: int, depth: int) -> Patches:
    for _ in range(MAX_PARTS):
        head = _at(file, offset, 12)
        if len(head) < 2 or offset >= end:
            return
        id_bytes = 9 - head[0].bit_length()
        size_first = head[id_bytes] if len(head) > id_bytes else 0
        size_width = 9 - size_first.bit_length()
        if id_bytes > 4 or size_width > 8:
            return
        name = int.from_bytes(head[:id_bytes])
        field = head[id_bytes : id_bytes + size_width]
        size = int.from_bytes(field) & ((1 << 7 * size_width) - 1)
        start = offset + id_bytes + size_width
        is_unknown = size == (1 << 7 * size_width) - 1
        stop = end if is_unknown else min(start + size, end)
        if name in _INSIDE and depth < 2:
            yield from _elements(file, start, stop, depth + 1)
        elif name in {_TAGS, _ATTACHMENTS} and stop - offset >= 9:
            yield _void(offset, stop)
            yield Patch(offset + 9, bytes(stop - offset - 9))
        elif name in _WEBM_TEXTS:
            yield Patch(start, bytes(stop - start))
        elif name == _CRC and depth:
            yield Patch(offset, b"\xec")
        offset = stop


def _void(start: int, stop: int) -> Patch:
    """Return the header of a Void element that fills these bytes."""
    return Patch(start, b"\xec\x01" + (stop - start - 9).to_bytes(7))
