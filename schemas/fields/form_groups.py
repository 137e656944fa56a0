"""Groups a long list of settings by a common name prefix, else by topic.

Pure and total; groups and their settings stay in the order of the schema.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from schemas.fields.field import Field
from schemas.fields.media import words_in
from schemas.vocabulary import GROUPS, SPELLING
from schemas.wording.labels import label

MIN_SETTINGS = 12  # a shorter list needs no groups
_MIN_SHARED = 3  # fields with the same prefix
_MIN_MEANT = 2
_LONGEST = 3  # words of a prefix
OTHER = "Other"


class Group(NamedTuple):
    """Settings that belong together, by their indexes in the given list."""

    title: str
    places: list[int]


def group(fields: Sequence[Field]) -> list[Group]:
    """The groups of a long list of settings; a short list is one group without a title."""
    single_group = [Group("", list(range(len(fields))))]
    # The 27 further settings of one model were a list of 4,600 pixels.
    if len(fields) < MIN_SETTINGS:
        return single_group
    names = [words_in(field.name) for field in fields]
    shared = _beginnings(names)
    titles = [_title(field, words, shared) for field, words in zip(fields, names, strict=True)]
    counts = Counter(titles)
    by_title: dict[str, list[int]] = {}
    for place, title in enumerate(titles):
        by_title.setdefault(title if counts[title] >= _MIN_MEANT else OTHER, []).append(place)
    if len(by_title) < 2:
        return single_group
    last = by_title.pop(OTHER, [])
    return [Group(*item) for item in by_title.items()] + ([Group(OTHER, last)] if last else [])


def _beginnings(names: Sequence[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    """The prefixes that enough names share, and how many names share each."""
    counts = Counter(
        words[:length] for words in names for length in range(1, min(len(words), _LONGEST) + 1)
    )
    return {
        beginning: count
        for beginning, count in counts.items()
        if count >= _MIN_SHARED and beginning[0] not in SPELLING["generic"]
    }


def _title(field: Field, words: tuple[str, ...], shared: dict[tuple[str, ...], int]) -> str:
    beginning = _beginning(words, shared)
    if beginning:
        return label("_".join(beginning))
    name_words = set(words)
    return next((title for title, title_words in GROUPS.items() if title_words & name_words), OTHER)


def _beginning(words: tuple[str, ...], shared: dict[tuple[str, ...], int]) -> tuple[str, ...]:
    """The longest prefix that as many names share as the first word; empty if too few share it."""
    first = words[:1]
    if first not in shared:
        return ()
    longer = [words[:length] for length in range(2, min(len(words), _LONGEST) + 1)]
    equal_beginnings = [beginning for beginning in longer if shared.get(beginning) == shared[first]]
    return max(equal_beginnings, key=len, default=first)
