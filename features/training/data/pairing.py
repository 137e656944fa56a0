"""Assigns captions to files by their paths in an upload, before names are cleaned.

Data sets have `10_cat/1.png` and `5_dog/1.png`, and many uploads have a `1.png`, so a name alone
does not say which file's caption `1.txt` is.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import PurePosixPath

from fal.db_safe import db_safe_text
from features.training.data.items import MAX_CAPTION_CHARS, Item, root_of

SUFFIXES = (".txt", ".caption")  # if a file has both, the first is its caption


@dataclass(frozen=True)
class Place:
    """A place in an upload: the archive's number (0: not in an archive), and the path in it."""

    archive: int
    path: str

    def key(self, *, is_root: bool, is_anywhere: bool, is_folded: bool = False) -> Place:
        """Return the key that a file and its caption share; `is_folded` ignores case."""
        stem = str(PurePosixPath(self.path).with_suffix(""))
        stem = stem.casefold() if is_folded else stem
        return Place(0 if is_anywhere else self.archive, root_of(stem) if is_root else stem)


@dataclass
class Contents:
    """The contents of an upload: files (None: not accepted) and texts, each with its place."""

    files: list[tuple[Place, Item | None]] = field(default_factory=list)
    texts: list[tuple[Place, str]] = field(default_factory=list)


@dataclass(frozen=True)
class PairedFiles:
    """The accepted files with their captions, and the remaining texts."""

    files: list[Item]
    loose: list[tuple[Place, str]]
    ambiguous: list[Place]


def place(archive: int, path: str) -> Place:
    """Return a place; its path is composed (NFC), as macOS writes `ü` as two characters."""
    path = unicodedata.normalize("NFC", db_safe_text(path)).replace("\\", "/")
    return Place(archive, str(PurePosixPath(path)))


def pair(contents: Contents) -> PairedFiles:
    """Match captions by path within an archive, then between archives; pairs also by their root.

    The rest is matched without regard to case: `IMG_1.JPG` and `img_1.txt`.
    """
    captions: dict[int, str] = {}  # by the file's position
    loose, ambiguous = contents.texts, list[Place]()
    for is_folded, is_anywhere, is_root in product((False, True), repeat=3):
        files: dict[Place, list[int]] = defaultdict(list)
        for position, (at, item) in enumerate(contents.files):
            if position not in captions and (item is None or item.takes_caption):
                key = at.key(is_root=is_root, is_anywhere=is_anywhere, is_folded=is_folded)
                files[key].append(position)
        texts: dict[Place, list[tuple[Place, str]]] = defaultdict(list)
        for at, text in loose:
            key = at.key(is_root=False, is_anywhere=is_anywhere, is_folded=is_folded)
            texts[key].append((at, text))
        loose = []
        for key, group in texts.items():
            picks, rest = _of_one_suffix(group) if key in files else ([], group)
            loose += rest
            assigned = _assign(picks, files[key], contents)
            captions |= assigned
            ambiguous += [at for at, _ in picks] if not assigned else []
    accepted = [
        replace(item, caption=captions.get(position, item.caption)[:MAX_CAPTION_CHARS])
        for position, (_, item) in enumerate(contents.files)
        if item
    ]
    return PairedFiles(accepted, loose, ambiguous)


def _of_one_suffix(
    texts: Sequence[tuple[Place, str]],
) -> tuple[list[tuple[Place, str]], list[tuple[Place, str]]]:
    """Split the texts: those with the first suffix in use, and the others."""
    suffixes = [PurePosixPath(at.path).suffix.lower() for at, _ in texts]
    first = min(suffixes, key=SUFFIXES.index)
    chosen_texts = [entry for entry, suffix in zip(texts, suffixes, strict=True) if suffix == first]
    return chosen_texts, [text for text in texts if text not in chosen_texts]


def _assign(
    texts: Sequence[tuple[Place, str]], positions: Sequence[int], contents: Contents
) -> Mapping[int, str]:
    """Return the captions of files with the same key, by position; empty if they are ambiguous.

    `a.png` and `a.jpg` share `a.txt`. If files have the same path, for example from two folders,
    each gets the caption at the same position, if there are as many captions as files.
    """
    text_counts: Counter[str] = Counter()
    assigned = {}
    for position in positions:
        path = contents.files[position][0].path
        if text_counts[path] < len(texts):
            assigned[position] = texts[text_counts[path]][1]
        text_counts[path] += 1
    return assigned if set(text_counts.values()) == {len(texts)} else {}
