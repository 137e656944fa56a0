"""Lists the blocks of a media file's container, without decoding anything.

Blocks are PNG chunks, JPEG segments before the pixels, RIFF chunks (WebP, WAV, AVI) and the boxes
of MP4 and related formats. Only headers are read, so a large file costs no more than a small one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import IO, NamedTuple

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
JPEG_MAGIC = b"\xff\xd8"
MOST_BLOCKS = 100_000  # per file; a PNG of 200 MB has about 25,000
_JPEG_PIXELS, _JPEG_END = 0xDA, 0xD9
_JPEG_ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without content


class Block(NamedTuple):
    """A block: its container (png, jpeg, riff, boxes), its name, and where its content is."""

    container: str
    name: str
    start: int
    size_bytes: int


def blocks(file: IO[bytes]) -> Iterator[Block]:
    """Yield the blocks of an open file in order; nothing for other formats.

    Stops where the file is cut or damaged.
    """
    head = _at(file, 0, 12)
    if head.startswith(PNG_MAGIC):
        format_blocks = _png(file)
    elif head.startswith(JPEG_MAGIC):
        format_blocks = _jpeg(file)
    elif head.startswith(b"RIFF"):
        format_blocks = _riff(file)
    elif head[4:8] == b"ftyp":
        format_blocks = _boxes(file)
    else:
        return
    yield from islice(format_blocks, MOST_BLOCKS)


def content(file: IO[bytes], block: Block, most: int) -> bytes:
    """Return the first `most` bytes of a block's content."""
    file.seek(block.start)
    return file.read(min(block.size_bytes, most))


def _png(file: IO[bytes]) -> Iterator[Block]:
    at = len(PNG_MAGIC)
    while len(head := _at(file, at, 8)) == 8:
        size, name = int.from_bytes(head[:4]), head[4:].decode("latin-1")
        yield Block("png", name, at + 8, size)
        at += 12 + size
        if name == "IEND":
            return


def _jpeg(file: IO[bytes]) -> Iterator[Block]:
    """Yield the segments before the pixels, named by their marker: `E1` is APP1."""
    at = len(JPEG_MAGIC)
    while len(head := _at(file, at, 4)) == 4 and head[0] == 0xFF:
        marker = head[1]
        if marker == 0xFF or marker in _JPEG_ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in {_JPEG_PIXELS, _JPEG_END} or (size := int.from_bytes(head[2:])) < 2:
            return
        yield Block("jpeg", f"{marker:02X}", at + 4, size - 2)
        at += 2 + size


def _riff(file: IO[bytes]) -> Iterator[Block]:
    at = 12
    while len(head := _at(file, at, 8)) == 8:
        size = int.from_bytes(head[4:], "little")
        yield Block("riff", head[:4].decode("latin-1"), at + 8, size)
        at += 8 + size + size % 2


def _boxes(file: IO[bytes]) -> Iterator[Block]:
    """Yield the outermost boxes; a `uuid` box is named by its own type: `uuid:d8fec3d6…`."""
    at = 0
    while len(head := _at(file, at, 32)) >= 8:
        size, name, start = int.from_bytes(head[:4]), head[4:8].decode("latin-1"), 8
        if size == 1:
            size, start = int.from_bytes(head[8:16]), 16
        elif size == 0:  # up to the end of the file
            size = file.seek(0, 2) - at
        if size < start:
            return
        if name == "uuid":
            name, start = f"uuid:{head[start : start + 16].hex()}", start + 16
        yield Block("boxes", name, at + start, max(0, size - start))
        at += size


def _at(file: IO[bytes], at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(size)
