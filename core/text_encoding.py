"""Decodes text files of unknown encoding: captions, and tables that spreadsheets saved."""

from __future__ import annotations

import codecs
import unicodedata
from collections import Counter
from itertools import islice

# A longer mark first: UTF-32's begins with UTF-16's.
_MARKS = [
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
_UNMARKED = ("utf-8", "cp1252", "latin-1")  # the last decodes any bytes
_SAMPLE_UNITS = 2000
_FEW_UNITS = 8  # fewer tell nothing about their script
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .ods are ZIPs, .xls is OLE
_BREAKS = {"\t", "\n", "\r"}


def decode_upload(content: bytes, max_bytes: int, too_large: str) -> str:
    """Return the text of a file that somebody chose, in any usual encoding.

    Raises ValueError with a message: `too_large`, or how a spreadsheet has to be saved.
    """
    if len(content) > max_bytes:
        raise ValueError(too_large)
    if content.startswith(_SPREADSHEETS):
        raise ValueError(
            "This is a spreadsheet file. Save it as “CSV UTF-8” and choose the new file."
        )
    return decode_text(content)


def decode_text(content: bytes, *, is_cut: bool = False) -> str:
    """Return a file's text: decoded by its byte order mark, else as UTF-16 if it looks like it.

    Otherwise it is UTF-8 or, if that is invalid, Windows-1252. `is_cut` says that `content` is only
    a file's beginning, which may end within a character.
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            return content.decode(name, errors="replace")
    for name in (*_likely_utf_16(content), *_UNMARKED):
        try:
            return codecs.getincrementaldecoder(name)().decode(content, final=not is_cut)
        except UnicodeDecodeError:
            continue
    raise AssertionError("Latin-1 decodes any bytes")


def _likely_utf_16(content: bytes) -> list[str]:
    """Return the byte order in which content without a mark looks like UTF-16, if it does.

    In UTF-16 every second byte stands for the script, so these are nearly all the same. In UTF-8
    with a stray NUL they are letters.
    """
    if len(content) % 2 or b"\0" not in content:
        return []
    high_bytes = {"utf-16-le": content[1::2], "utf-16-be": content[::2]}
    return [name for name, high in high_bytes.items() if _are_high(high) and _reads(content, name)]


def _are_high(high: bytes) -> bool:
    sample = high[:_SAMPLE_UNITS]
    latin = sample.count(0)
    byte_counts = Counter(byte for byte in sample if byte)
    script = byte_counts.most_common(1)[0][1] if byte_counts and len(sample) >= _FEW_UNITS else 0
    return latin > 0.7 * len(sample) or (latin > 0 and latin + script >= 0.9 * len(sample))


def _reads(content: bytes, name: str) -> bool:
    """Whether it decodes to text without control characters and unassigned ones."""
    try:
        text = content.decode(name)
    except UnicodeDecodeError:
        return False
    return all(
        char in _BREAKS or unicodedata.category(char) not in {"Cc", "Cn", "Co"}
        for char in islice(text, _SAMPLE_UNITS)
    )
