"""Computes the differences between two texts by words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

MAX_WORDS = 2000  # of each text: difflib takes quadratic time
_PARTS = re.compile(r"\s+|\w+|[^\w\s]")


class Part(NamedTuple):
    """A stretch of text: `same`, `added`, or `removed` (only in the reference)."""

    kind: str
    text: str


def word_diff(reference: str, text: str) -> list[Part]:
    """Return the changes that turn `reference` into `text`; only their beginnings are compared.

    Without the removed parts they form the beginning of `text`, without the added of `reference`.
    """
    old = _PARTS.findall(reference)[: 2 * MAX_WORDS]
    new = _PARTS.findall(text)[: 2 * MAX_WORDS]
    return list(_parts(old, new))


def _parts(old: list[str], new: list[str]) -> Iterator[Part]:
    matcher = SequenceMatcher(None, old, new, autojunk=True)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            yield Part("same", "".join(new[new_from:new_to]))
            continue
        if removed := "".join(old[old_from:old_to]):
            yield Part("removed", removed)
        if added := "".join(new[new_from:new_to]):
            yield Part("added", added)
