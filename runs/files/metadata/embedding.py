"""Puts a text into a picture, beside its pixels: PNG, JPEG and WebP.

Blocks are inserted between those of the file, so no pixel is decoded or changed. A file with a C2PA
manifest is refused: its signature covers every byte.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import IO, NamedTuple

from runs.files.metadata.blocks import Block, blocks, content
from runs.files.metadata.provenance import is_signed

_PIECE_BYTES = 1 << 16
_MOST_SEGMENT_BYTES = 0xFFFF - 2
_CAN_BE_ALPHA = 0x10  # a flag of VP8X


CONTENT_TYPES = ("image/png", "image/jpeg", "image/webp")  # files that can take a text


class NotEmbeddable(ValueError):
    """The file takes no text; the message is shown to people."""


class Patch(NamedTuple):
    """Bytes that replace `dropped` bytes at an offset."""

    at: int
    dropped: int
    data: bytes


def patches(file: IO[bytes], keyword: str, text: str) -> list[Patch]:
    """Return the changes that put a text under an ASCII keyword into an open picture, in order.

    Raises NotEmbeddable.
    """
    if is_signed(file):
        raise NotEmbeddable(
            "This file is signed: anything written into it would break the signature."
        )
    file_blocks = list(blocks(file))
    kinds = {block.container for block in file_blocks}
    if kinds == {"png"} and file_blocks[0].name == "IHDR":
        return [_in_png(file_blocks, keyword, text)]
    if kinds == {"jpeg"}:
        return [_in_jpeg(file_blocks, keyword, text)]
    if kinds == {"riff"} and file_blocks[0].name in {"VP8 ", "VP8L", "VP8X"}:
        return _in_webp(file, file_blocks, keyword, text)
    raise NotEmbeddable("Only PNG, JPEG and WebP files can carry a recipe.")


def patched(file: IO[bytes], changes: Sequence[Patch]) -> Iterator[bytes]:
    """Yield the bytes of a file with these changes applied."""
    file.seek(0)
    at = 0
    for patch in changes:
        yield from _pieces(file, patch.at - at)
        yield patch.data
        at = file.seek(patch.at + patch.dropped)
    yield from iter(lambda: file.read(_PIECE_BYTES), b"")


def _pieces(file: IO[bytes], count: int) -> Iterator[bytes]:
    while count and (piece := file.read(min(_PIECE_BYTES, count))):
        yield piece
        count -= len(piece)


def _in_png(file_blocks: list[Block], keyword: str, text: str) -> Patch:
    """Return an uncompressed iTXt chunk behind the header (PNG 3.0, 11.3.3.4)."""
    header = file_blocks[0]
    chunk = b"iTXt" + keyword.encode("ascii") + b"\0\0\0\0\0" + text.encode()
    framed = (len(chunk) - 4).to_bytes(4) + chunk + zlib.crc32(chunk).to_bytes(4)
    return Patch(header.start + header.size_bytes + 4, 0, framed)


def _in_jpeg(file_blocks: list[Block], keyword: str, text: str) -> Patch:
    """Return a comment behind the segments that programs expect first (JFIF, EXIF)."""
    data = _marked(keyword, text)
    if len(data) > _MOST_SEGMENT_BYTES:
        raise NotEmbeddable("This recipe is too long to fit into a JPEG.")
    heads = [block for block in file_blocks if block.name in {"E0", "E1"}]
    at = max((block.start + block.size_bytes for block in heads), default=2)
    return Patch(at, 0, b"\xff\xfe" + (len(data) + 2).to_bytes(2) + data)


def _in_webp(file: IO[bytes], file_blocks: list[Block], keyword: str, text: str) -> list[Patch]:
    """Return our own chunk at the end of an extended file; readers skip it (RFC 9649, 2.7.1.6)."""
    last, data = file_blocks[-1], _marked(keyword, text)
    end = last.start + last.size_bytes + last.size_bytes % 2
    if end != file.seek(0, 2):
        raise NotEmbeddable("This WebP has bytes after its end, so nothing is written into it.")
    chunk = _chunk(b"vitr", data)
    header = b"" if file_blocks[0].name == "VP8X" else _extended_header(file, file_blocks[0])
    size = (end - 8 + len(header) + len(chunk)).to_bytes(4, "little")
    return [Patch(4, 4, size), Patch(12, 0, header), Patch(end, 0, chunk)]


def _marked(keyword: str, text: str) -> bytes:
    """Return the content of a block that has no place for a keyword of its own."""
    return keyword.encode("ascii") + b"\0" + text.encode()


def _extended_header(file: IO[bytes], picture: Block) -> bytes:
    """Return the VP8X chunk of a simple file, from the picture's own header (RFC 9649, 2.5, 3)."""
    head = content(file, picture, 10)
    if picture.name == "VP8L":
        bits = int.from_bytes(head[1:5], "little")
        width, height, has_alpha = bits & 0x3FFF, bits >> 14 & 0x3FFF, bits >> 28 & 1
    else:  # one less than the size, as in VP8L and VP8X
        width, height = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        width, height, has_alpha = width - 1, height - 1, 0
    if min(width, height) < 0:
        raise NotEmbeddable("This WebP is damaged, so nothing is written into it.")
    sides = width.to_bytes(3, "little") + height.to_bytes(3, "little")
    return _chunk(b"VP8X", bytes([_CAN_BE_ALPHA * has_alpha, 0, 0, 0]) + sides)


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)
