"""The files of a data set as its row holds them, and what their names say."""

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
    """One file: its name in the ZIP, our address of it, and its caption."""

    name: str
    address: str
    kind: str
    size_bytes: int
    caption: str = ""
    is_removed: bool = False  # can be put back

    @property
    def root(self) -> str:
        """The name without extension and without `_start`, `_end` or `_mask`."""
        return _PART.sub("", self.stem)

    @property
    def stem(self) -> str:
        """The name without its extension."""
        return PurePosixPath(self.name).stem

    @property
    def part(self) -> str:
        """`start`, `start2`, `end` or `mask`; empty for any other file."""
        match = _PART.search(self.stem)
        return match[1].lower() if match else ""

    @property
    def is_mask(self) -> bool:
        """Whether its name says that it is another file's mask."""
        return self.part == "mask"

    @property
    def takes_caption(self) -> bool:
        """Whether a caption stands beside it: of a pair, beside its first picture."""
        return self.part in {"", "start"}

    def as_json(self) -> dict[str, Any]:
        """What the row holds."""
        return asdict(self)


def items_of(stored: Any) -> list[Item]:
    """Read the files of a row, also those that were removed."""
    return [Item(**one) for one in stored if isinstance(one, dict)]


def kept(items: Iterable[Item]) -> list[Item]:
    """Those that were not removed."""
    return [one for one in items if not one.is_removed]


def free_name(name: str, taken: set[str]) -> str:
    """The name, with a number if it is taken: `cat.png`, `cat-2.png`.

    Captions are found by stem, so `cat.png` and `cat.jpg` may not stand side by side either; a
    mark like `_start` stays at the end.
    """
    path = PurePosixPath(name)
    match = _PART.search(path.stem)
    mark = match[0] if match else ""
    root, suffix = path.stem.removesuffix(mark) or "file", path.suffix.lower()
    stem, number = f"{root}{mark}", 1
    while stem.lower() in taken:
        number += 1
        stem = f"{root}-{number}{mark}"
    taken.add(stem.lower())
    return f"{stem}{suffix}"
