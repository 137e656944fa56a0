"""Reads the texts in which programs record how a picture was made: PNG, JPEG and WebP."""

from __future__ import annotations

import json
import struct
import zlib
from contextlib import suppress
from itertools import islice
from typing import IO, Any

from runs.files.metadata.blocks import Block, blocks, content

MOST_BYTES = 1 << 20  # per text, also after unpacking
MOST_TEXTS = 64
COMMENT = "comment"  # the key of a JPEG's comments
COMMENT_MARK = b"vitrine\0"  # begins our texts in blocks that have no keyword
USER_COMMENT = "UserComment"  # from the EXIF part of a JPEG or WebP
_EXIF_PART, _USER_COMMENT = 0x8769, 0x9286
# Where ComfyUI stores its graphs in WebP and JPEG: the camera's maker and model, and others.
_NAMING, _KEYWORDS = (0x010E, 0x010F, 0x0110, 0x0131), {"prompt", "workflow"}
_UTF16 = b"UNICODE\0"
_MARKERS = {_UTF16, b"ASCII\0\0\0", bytes(8)}


class TooLarge(ValueError):
    """A text is larger than `MOST_BYTES`; the message is shown to people."""

    def __init__(self) -> None:
        super().__init__(
            f"The settings that this file carries are larger than {MOST_BYTES >> 20} MB, the most "
            "that is read."
        )


def texts(file: IO[bytes]) -> dict[str, str]:
    """Return the texts of an open picture by keyword; the first one if a keyword repeats.

    Damaged texts are left out. Raises TooLarge before more than `MOST_BYTES` are unpacked.
    """
    telling = (block for block in blocks(file) if _tells(block))
    text_by_keyword: dict[str, str] = {}
    for block in list(islice(telling, MOST_TEXTS)):
        if block.size_bytes > MOST_BYTES:
            raise TooLarge
        for keyword, text in _texts_of(block, content(file, block, MOST_BYTES)).items():
            text_by_keyword.setdefault(keyword, text)
    return text_by_keyword


def _tells(block: Block) -> bool:
    match block.container:
        case "png":
            return block.name in {"tEXt", "zTXt", "iTXt", "eXIf"}
        case "jpeg":
            return block.name in {"E1", "FE"}
        case _:
            return block[:2] in {("riff", "EXIF"), ("riff", "vitr")}


def _texts_of(block: Block, data: bytes) -> dict[str, str]:
    if block.name in {"FE", "vitr"}:
        is_ours = data.startswith(COMMENT_MARK)
        comment = data.removeprefix(COMMENT_MARK).decode(errors="replace")
        return {"vitrine" if is_ours else COMMENT: comment}
    if block.name == "E1" and not data.startswith(b"Exif\0\0"):
        return {}
    if block.name in {"E1", "EXIF", "eXIf"}:
        return _exif(data.removeprefix(b"Exif\0\0"))
    keyword, _, keyword_data = data.partition(b"\0")
    name = keyword.decode("latin-1")
    if block.name == "tEXt":
        return {name: _plain(keyword_data)}
    if block.name == "zTXt":
        return {name: _plain(_unpacked(keyword_data[1:]))} if keyword_data[:1] == b"\0" else {}
    is_packed, after_languages = keyword_data[:1] == b"\1", keyword_data[2:].split(b"\0", 2)[2:]
    if not after_languages:
        return {}
    packed = after_languages[0]
    return {name: (_unpacked(packed) if is_packed else packed).decode(errors="replace")}


def _plain(text: bytes) -> str:
    """Decode a text that should be Latin-1, but that many programs write as UTF-8."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")


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


def _exif(data: bytes) -> dict[str, str]:
    from PIL import Image  # four megabytes of code, needed only here

    exif = Image.Exif()
    try:
        exif.load(data)
        comment = exif.get_ifd(_EXIF_PART).get(_USER_COMMENT)
        naming_values = [exif.get(tag) for tag in _NAMING]
    except (OSError, ValueError, SyntaxError, KeyError, TypeError, struct.error):
        return {}
    order = "be" if data.startswith(b"MM") else "le"
    text_by_keyword: dict[str, str] = {}
    for value, keyword in [*((value, "") for value in naming_values), (comment, USER_COMMENT)]:
        text = _comment(value, order) if isinstance(value, bytes) else _repaired(value)
        graphs = _graphs(text) or ({keyword: text} if keyword and text else {})
        text_by_keyword = graphs | text_by_keyword
    return text_by_keyword


def _repaired(value: Any) -> str:
    """Return an EXIF text that Pillow read as Latin-1; most programs write UTF-8."""
    if not isinstance(value, str):
        return ""
    try:
        return _plain(value.encode("latin-1"))
    except UnicodeEncodeError:
        return value


def _graphs(text: str) -> dict[str, str]:
    """Return ComfyUI's graphs in a text: `prompt:{…}`, or a graph without a keyword."""
    keyword, _, graph_text = text.strip("\0 \n").partition(":")
    keyword, graph_text = keyword.strip().casefold(), graph_text.strip()
    if keyword in _KEYWORDS and graph_text.startswith("{"):
        return {keyword: graph_text}
    try:
        document = json.loads(text) if text.lstrip().startswith("{") else None
    except (ValueError, RecursionError):
        return {}
    if not isinstance(document, dict):
        return {}
    if any(isinstance(node, dict) and "class_type" in node for node in document.values()):
        return {"prompt": text}
    return {"workflow": text} if "nodes" in document else {}


def _comment(data: bytes, order: str) -> str:
    """Return a UserComment (EXIF 3.0, 4.6.5), whatever encoding its first 8 bytes claim.

    Programs disagree on the encoding and on the byte order of UTF-16. A byte order mark decides;
    then zero bytes, which only UTF-16 has; then the reading with more ASCII, which every recipe
    contains; then the file's own `order`.
    """
    text = data[8:] if data[:8] in _MARKERS else data
    if text[:2] in {b"\xfe\xff", b"\xff\xfe"}:
        return text.decode("utf-16", errors="replace").strip("\0")
    bare, is_marked = text.strip(b"\0"), data.startswith(_UTF16)
    zeros = bare.count(b"\0")
    if not zeros:
        with suppress(UnicodeDecodeError):
            return bare.decode("utf-8-sig")
    if not is_marked and zeros <= len(bare) / 4:
        return bare.decode(errors="replace")
    readings = [
        text.decode(f"utf-16-{way}", errors="replace").strip("\0")
        for way in (order, "be" if order == "le" else "le")
    ]
    return max(readings, key=lambda reading: sum(map(str.isascii, reading)))
