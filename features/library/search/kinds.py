"""The kinds of inputs and results that can be searched for, and their other names."""

from __future__ import annotations

from collections.abc import Iterable

KINDS = ("image", "video", "audio", "mesh", "text", "file")
TITLES = {
    "image": "Pictures",
    "video": "Films",
    "audio": "Sounds",
    "mesh": "3D models",
    "text": "Texts",
    "file": "Files",
}
_SYNONYMS = {
    "image": "images picture pictures photo photos img",
    "video": "videos film films clip clips movie",
    "audio": "sound sounds music speech voice",
    "mesh": "meshes 3d model models",
    "text": "texts words prompt",
    "file": "files",
}
NAMES = {name: kind for kind, names in _SYNONYMS.items() for name in [kind, *names.split()]}


def as_bits(kinds: Iterable[str]) -> int:
    """Return kinds as a number with a bit for each."""
    return sum(1 << KINDS.index(kind) for kind in set(kinds) & set(KINDS))


def from_bits(bits: int) -> list[str]:
    """Return the kinds whose bits are set."""
    return [kind for place, kind in enumerate(KINDS) if bits >> place & 1]
