"""The names of files: those that people give are kept as written, those we give are words."""

from __future__ import annotations

import re
import unicodedata

MAX_BYTES = 240  # file systems take 255; the rest is for a number that keeps two names apart
MAX_SUFFIX_CHARS = 20  # a longer one is a sentence with a full stop in it
FALLBACK = "file"
MAX_SLUG_CHARS = 60
_SLUG_CATEGORIES = ("L", "M", "N")  # letters, the marks on them, and digits, of all scripts
# Control characters, halves of surrogate pairs, line separators, and marks that turn the direction
# of text: a name with one shows another suffix than it has (`photo\u202egpj.exe`).
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def clean_name(name: str) -> str:
    """Return a file's name without folders and control characters, and no longer than is stored.

    Composed (NFC): macOS writes `ü` as two characters, which other systems take for another name.
    """
    name = unicodedata.normalize("NFC", name)
    name = _UNSAFE.sub("", re.split(r"[/\\]", name)[-1]).strip().rstrip(".")
    stem, suffix = split_suffix(name.strip())
    stem = _cut(stem.lstrip(".").strip(), MAX_BYTES - len(suffix.encode()))
    return f"{stem or FALLBACK}{suffix}"


def split_suffix(name: str) -> tuple[str, str]:
    """Return a name's stem and its suffix with the dot; a name such as `.png` is all suffix."""
    stem, dot, suffix = name.rpartition(".")
    is_suffix = bool(dot) and 0 < len(suffix) < MAX_SUFFIX_CHARS and " " not in suffix
    return (stem, f".{suffix}") if is_suffix else (name, "")


def _cut(text: str, size_bytes: int) -> str:
    return text.encode()[:size_bytes].decode(errors="ignore").strip()


def slug(text: str, most: int = MAX_SLUG_CHARS) -> str:
    """Return the words of a text joined by hyphens, cut after a word; empty if it has none."""
    plain = unicodedata.normalize("NFC", text[: 10 * most])
    chars = (char if unicodedata.category(char)[0] in _SLUG_CATEGORIES else " " for char in plain)
    words = "".join(chars).split()
    name = "-".join(words)
    if len(name) <= most:
        return name
    return name[: most + 1].rpartition("-")[0] or name[:most]
