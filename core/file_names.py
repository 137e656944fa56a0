"""File names: names that users give are kept as written, names that we give consist of words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

MAX_BYTES = 240  # file systems take 255; the rest is for a number that keeps two names apart
MAX_PORTABLE_BYTES = 120  # of a name that we give; leaves room for folders on every system
MAX_SUFFIX_CHARS = 20  # a longer one is a sentence with a full stop in it
FALLBACK = "file"
MAX_SLUG_CHARS = 60
_SLUG_CATEGORIES = ("L", "M", "N")  # letters, the marks on them, and digits, of all scripts
# In Persian and Indic words and in composed emoji: \u200c and \u200d.
_JOINERS = "\u200c\u200d"
_EDGES = f" .-{_JOINERS}"  # stripped from both ends of a portable name
_SKIN_TONES = range(0x1F3FB, 0x1F400)  # after an emoji
# Characters that Windows forbids in names, including the separators of all systems.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]+')
# Devices, whatever their suffix (Microsoft, "Naming Files, Paths, and Namespaces").
_RESERVED = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{device}{number}" for device in ("com", "lpt") for number in "0123456789\u00b9\u00b2\u00b3"
}
# Control characters, halves of surrogate pairs, line separators, and marks that turn the direction
# of text: a name with one shows another suffix than it has (`photo\u202egpj.exe`).
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def clean_name(name: str) -> str:
    """Return a file's name without folders and control characters, in at most MAX_BYTES.

    It is composed (NFC): macOS writes `ü` as two characters, for other systems another name.
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


@lru_cache(1024)  # a run's files share its prompt, and a list of runs a few models
def slug(text: str, most: int = MAX_SLUG_CHARS) -> str:
    """Return the words and emoji of a text joined by hyphens, cut after a word."""
    plain = unicodedata.normalize("NFC", text[: 10 * most])
    spaced = "".join(char if _is_of_word(char) else " " for char in plain).split()
    name = "-".join(filter(None, (word.strip(_JOINERS) for word in spaced)))
    if len(name) <= most:
        return name
    return name[: most + 1].rpartition("-")[0] or shorten(name[:most], most * 4)


@lru_cache(4096)
def _is_of_word(char: str) -> bool:
    category = unicodedata.category(char)
    is_emoji = category == "So" or ord(char) in _SKIN_TONES
    return category[0] in _SLUG_CATEGORIES or is_emoji or char in _JOINERS


def portable_name(stem: str, suffix: str = "", fallback: str = FALLBACK) -> str:
    """Return a file's name that Windows, macOS and Linux take, at most MAX_PORTABLE_BYTES long.

    It has no control characters or marks that turn text. `suffix`, with its dot, is kept unchanged;
    `fallback` is the stem if nothing is left.
    """
    spaced = " ".join(unicodedata.normalize("NFC", stem).split())
    if not spaced.isprintable():
        spaced = "".join(filter(_is_of_name, spaced))
    stem = _FORBIDDEN.sub("-", spaced)
    room = MAX_PORTABLE_BYTES - len(suffix.encode())
    # Strips dashes too: programs take a name that begins with one for an option.
    stem = shorten(stem.strip(_EDGES), room).strip(_EDGES) or fallback
    if stem.partition(".")[0].rstrip().casefold() in _RESERVED:
        stem = shorten(f"_{stem}", room).strip(_EDGES)
    return f"{stem}{suffix}"


def _is_of_name(char: str) -> bool:
    return char in _JOINERS or unicodedata.category(char)[0] != "C"


def numbered_name(name: str, number: int) -> str:
    """Return a portable name with a number before its suffix: `mill-2.png`."""
    stem, suffix = split_suffix(name)
    return portable_name(stem, f"-{number}{suffix}")


def shorten(text: str, size_bytes: int) -> str:
    """Return the beginning of a text in at most `size_bytes` of UTF-8, cut between characters.

    A character is what a reader sees as one: a letter with its marks, an emoji of several signs.
    """
    if len(text.encode()) <= size_bytes:
        return text
    count = 0
    for character in _characters(text):
        size_bytes -= len(character.encode())
        if size_bytes < 0:
            break
        count += len(character)
    return text[:count]


def _characters(text: str) -> Iterator[str]:
    import regex  # 1 MB that few names need

    return (match[0] for match in regex.finditer(r"\X", text))
