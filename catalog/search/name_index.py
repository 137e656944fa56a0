"""Names, ids, tags and categories by their words: what a question is compared with first."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

from catalog.search import spelling
from catalog.search.full_text import TextIndex

_VERSION_SIGN = re.compile(r"\bv(?=\d)")


class NameIndex(TextIndex):
    """Display names and ids.

    A line holds the name, the id and the id without its owner, each between tabs. `names` are pairs
    of display name and id; `lengths` counts the words of the shorter of name and id without owner.
    """

    def __init__(self, names: Sequence[tuple[str, str]]) -> None:
        self.lengths: list[int] = []
        super().__init__(map(self._entry, names))
        self._squashed = list(map(_squash, self._lines))
        self._exact: dict[str, list[int]] = defaultdict(list)
        for place, line in enumerate(self._squashed):
            for name in set(line.split("\t")[1:-1]):
                self._exact[name].append(place)

    def named(self, words: Sequence[str]) -> Sequence[int]:
        """Where the words are the whole name, the id, or the id without its owner.

        Separators make no difference, nor does the v of a version.
        """
        return self._exact.get(_squash(" ".join(words)), ())

    def named_in_one_of(self, orders: Iterable[Sequence[str]]) -> set[int]:
        """Where the words in one of these orders are the whole name or id."""
        return {
            place for order in orders for place in self.find_part(f"\t {' '.join(order)} \t", order)
        }

    def beginning_with(self, words: Sequence[str]) -> list[int]:
        """Where the name or the id begins with these words."""
        return self.find_part(f"\t {' '.join(words)} ", words)

    def glued(self, letters: str) -> list[int]:
        """Where the name has these letters in a row, whatever separates them."""
        return [place for place, line in enumerate(self._squashed) if letters in line]

    def _entry(self, name: tuple[str, str]) -> tuple[set[str], str]:
        display_name, endpoint_id = map(spelling.normalize, name)
        written, whole = spelling.words(display_name), spelling.words(endpoint_id)
        alias = whole[len(spelling.words(endpoint_id.partition("/")[0])) :]
        self.lengths.append(min(len(written) or 99, len(alias) or 99))
        line = "\t".join(["", *(f" {' '.join(words)} " for words in (written, whole, alias)), ""])
        return spelling.name_words(f"{display_name} {endpoint_id}"), line


@lru_cache(maxsize=1)
def index_names(names: tuple[tuple[str, str], ...]) -> NameIndex:
    """The index of names and ids, made anew only when one changed."""
    return NameIndex(names)


@lru_cache(maxsize=1)
def index_labels(labels: tuple[tuple[str, ...], ...]) -> TextIndex:
    """The index of each endpoint's category and tags, made anew only when one changed."""
    return TextIndex(map(_label_entry, labels))


def _label_entry(labels: tuple[str, ...]) -> tuple[set[str], str]:
    normal = [spelling.normalize(label) for label in labels]
    found = {word for label in normal for word in spelling.name_words(label)}
    return found, "\t".join(f" {' '.join(spelling.words(label))} " for label in normal)


def _squash(text: str) -> str:
    return _VERSION_SIGN.sub("", text).replace(" ", "")
