"""Reads the text that `embedding.py` put into a picture: PNG, JPEG and WebP."""

from __future__ import annotations

import zlib
from typing import IO

from runs.files.metadata.blocks import blocks, content

MOST_BYTES = 1 << 20  # also after unpacking
# A PNG may have been saved again by a program that keeps texts, but writes them its own way.
_TEXT_BLOCKS = {
    ("png", "tEXt"),
    ("png", "zTXt"),
    ("png", "iTXt"),
    ("jpeg", "FE"),
    ("riff", "vitr"),
}


class TooLarge(ValueError):
    """A text is larger than `MOST_BYTES`; the message is shown to people."""

    def __init__(self) -> None:
        super().__init__(
            f"The recipe that this file carries is larger than {MOST_BYTES >> 20} MB, the most "
            "that is read."
        )


def find_text(file: IO[bytes], keyword: str) -> str | None:
    """Return the first text under an ASCII keyword in an open picture; None if it has none.

    Raises TooLarge before more than `MOST_BYTES` are unpacked.
    """
    mark = keyword.encode("ascii") + b"\0"
    for block in blocks(file):
        if block[:2] in _TEXT_BLOCKS and content(file, block, len(mark)) == mark:
            if block.size_bytes > MOST_BYTES:
                raise TooLarge
            return _text(block.name, content(file, block, MOST_BYTES).removeprefix(mark))
    return None


def _text(name: str, data: bytes) -> str:
    """Decode the content of a block behind its keyword (PNG 3.0, 11.3.3); empty if damaged."""
    is_packed = name == "zTXt"
    if is_packed:
        data = data[1:]  # the method of compression: there is one
    elif name == "iTXt":
        is_packed = data[:1] == b"\1"
        data = b"".join(data[2:].split(b"\0", 2)[2:])  # behind two names of languages
    return (_unpacked(data) if is_packed else data).decode(errors="replace")


def _unpacked(data: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(data, MOST_BYTES)
        is_more = bool(
            unpacker.unconsumed_tail and unpacker.decompress(unpacker.unconsumed_tail, 1)
        )
    except zlib.error:
        return b""
    if is_more:
        raise TooLarge
    return text
