"""The files of a data set as stored in its row, and the meaning of their names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

MOST_FILES = 2000
MAX_CAPTION_CHARS = 4000
_PART = re.compile(r"(?i)_(start\d*|end|mask)$")


@dataclass(frozen=True)
class Item:
    """One file: its name in the ZIP, its address here, and its caption."""

    name: str
    address: str
    kind: str
    size_bytes: int
    caption: str = ""
    is_removed: bool = False  # can be restored

    @property
    def root(self) -> str:
        """Return the name without extension and without `_start`, `_end` or `_mask`."""
        return root_of(self.stem)

    @property
    def stem(self) -> str:
        """Return the name without its extension."""
        return PurePosixPath(self.name).stem

    @property
    def part(self) -> str:
        """Return `start`, `start2`, `end` or `mask`; empty for any other file."""
        match = _PART.search(self.stem)
        return match[1].lower() if match else ""

    @property
    def is_mask(self) -> bool:
        """Whether its name marks it as another file's mask."""
        return self.part == "mask"

    @property
    def takes_caption(self) -> bool:
        """Whether it has a caption field; in a pair, only the first picture has one."""
        return self.part in {"", "start"}

    def as_json(self) -> dict[str, Any]:
        """Return the value stored in the row."""
        return asdict(self)


def root_of(stem: str) -> str:
    """Return a name without `_start`, `_end` or `_mask`."""
    return _PART.sub("", stem)


def items_of(stored_items: Any) -> list[Item]:
    """Parse the files of a row, including removed ones."""
    return [Item(**stored_item) for stored_item in stored_items if isinstance(stored_item, dict)]


def kept(items: Iterable[Item]) -> list[Item]:
    """Return the files that were not removed."""
    return [item for item in items if not item.is_removed]


def free_name(name: str, taken_stems: set[str]) -> str:
    """Return the name, with a number if it is in use: `cat.png`, `cat-2.png`.

    Captions are matched by stem, so `cat.png` and `cat.jpg` may not coexist either; a suffix like
    `_start` stays at the end.
    """
    path = PurePosixPath(name)
    match = _PART.search(path.stem)
    mark = match[0] if match else ""
    root, suffix = path.stem.removesuffix(mark) or "file", path.suffix.lower()
    stem, number = f"{root}{mark}", 1
    while stem.lower() in taken_stems:
        number += 1
        stem = f"{root}-{number}{mark}"
    taken_stems.add(stem.lower())
    return f"{stem}{suffix}"
