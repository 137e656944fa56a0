"""Inverted indexes in memory: the endpoints in which a word, a prefix or a phrase occurs.

An endpoint is identified by its place in upstream's order. With some thousand endpoints all texts
take a few megabytes. Each index is rebuilt only when a text has changed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

from catalog.search import spelling

_VERSION_SIGN = re.compile(r"\bv(?=\d)")
MOST_CHARACTERS = 40_000  # of one text; the rest is not indexed


class TextIndex:
    """An index of one text per endpoint.

    `entries` holds for each place the words that find it, and its line: the text's words in order,
    each between spaces, in which phrases are searched.
    """

    def __init__(self, entries: Iterable[tuple[Iterable[str], str]]) -> None:
        self._lines: list[str] = []
        self._postings: dict[str, list[int]] = defaultdict(list)
        for place, (words, line) in enumerate(entries):
            self._lines.append(line)
            for word in set(words):
                self._postings[word].append(place)
        self._words = sorted(self._postings)

    def __contains__(self, word: str) -> bool:
        return word in self._postings

    def find(self, words: Sequence[str], *, is_open: bool = False) -> Iterable[int]:
        """Return places with these consecutive words; if `is_open`, the last may be a prefix."""
        if len(words) > 1:
            phrase = f" {' '.join(words)}{'' if is_open else ' '}"
            return self.find_part(phrase, words[:-1] if is_open else words)
        if not is_open:
            return self._postings.get(words[0], ())
        return {place for word in self.completions(words[0]) for place in self._postings[word]}

    def find_part(self, part: str, words: Sequence[str]) -> list[int]:
        """Return the places with a part that contains `words`; scans only lines with the rarest."""
        postings = [self._postings.get(word, []) for word in words if word.isalpha()]
        # Scanning the lines with "video" for "kling video" would read every second model.
        places = min(postings, key=len) if postings else range(len(self._lines))
        return [place for place in places if part in self._lines[place]]

    def completions(self, beginning: str) -> list[str]:
        """Return the words with this prefix."""
        first = bisect_left(self._words, beginning)
        last = bisect_left(self._words, beginning + chr(0x10FFFF), first)
        return self._words[first:last]

    def word_counts(self, shortest: int) -> dict[str, int]:
        """Return the number of endpoints for each word of at least `shortest` letters."""
        return {
            word: len(places)
            for word, places in self._postings.items()
            if len(word) >= shortest and word.isalpha()
        }


class NameIndex(TextIndex):
    """An index of display names and ids.

    A line holds the name, the id and the id without its owner, each between tabs. `names` are pairs
    of display name and id; `lengths` counts the words of the shorter of name and id without owner.
    """

    def __init__(self, names: Sequence[tuple[str, str]]) -> None:
        normal = [tuple(map(spelling.normalize, pair)) for pair in names]
        ways = [_ways_to_name(*pair) for pair in normal]
        # Tabs keep a phrase from running from a name into an id.
        lines = (f"\t{_line(way)}\t" for way in ways)
        super().__init__(zip(map(spelling.name_words, map(" ".join, normal)), lines, strict=True))
        # "flux dev" fills the name of flux/dev and half of that of flux-kontext/dev.
        self.lengths = [min(len(name) or 99, len(alias) or 99) for name, _, alias in ways]
        self._squashed = [_squash(line) for line in self._lines]
        self._named: dict[str, list[int]] = defaultdict(list)
        for place, way in enumerate(ways):
            for name in {form for words in way for form in _name_forms(words)}:
                self._named[name].append(place)

    def named(self, words: Sequence[str]) -> Sequence[int]:
        """Return the places where the words are the whole name, the id, or the id without owner.

        Ignores separators and the v of versions. Ignores the order of the words too, unless the
        given order matches an endpoint.
        """
        for form in _name_forms(words):
            if form in self._named:
                return self._named[form]
        return ()

    def beginning_with(self, words: Sequence[str]) -> list[int]:
        """Return the places where the name or the id begins with these words."""
        return self.find_part(f"\t {' '.join(words)} ", words)

    def glued(self, letters: str) -> list[int]:
        """Return the places where the name has these consecutive letters, ignoring separators."""
        return [place for place, line in enumerate(self._squashed) if letters in line]


@lru_cache(maxsize=1)
def index_names(names: tuple[tuple[str, str], ...]) -> NameIndex:
    """The index of names and ids."""
    return NameIndex(names)


@lru_cache(maxsize=1)
def index_labels(labels: tuple[tuple[str, ...], ...]) -> TextIndex:
    """The index of each endpoint's category and tags."""
    normal = (
        [spelling.normalize(label) for label in endpoint_labels] for endpoint_labels in labels
    )
    return TextIndex(
        (
            spelling.name_words(" ".join(endpoint_labels)),
            _line(map(spelling.split_words, endpoint_labels)),
        )
        for endpoint_labels in normal
    )


@lru_cache(maxsize=2)
def index_texts(texts: tuple[str, ...]) -> TextIndex:
    """The index of long texts: descriptions, field names."""
    split = (spelling.split_words(spelling.normalize(text[:MOST_CHARACTERS])) for text in texts)
    return TextIndex((words, _line([words])) for words in split)


def _line(parts: Iterable[Sequence[str]]) -> str:
    """Return the words of a text in order, with each part between tabs."""
    return "\t".join(f" {' '.join(words)} " for words in parts)


def _ways_to_name(display_name: str, endpoint_id: str) -> tuple[list[str], list[str], list[str]]:
    """Return the words of the name, the id, and the id without its owner."""
    owner, words = endpoint_id.partition("/")[0], spelling.split_words(endpoint_id)
    return spelling.split_words(display_name), words, words[len(spelling.split_words(owner)) :]


def _name_forms(words: Sequence[str]) -> tuple[str, str]:
    """Return the two lookup keys of a whole name: in the given order, and sorted."""
    return _squash(" ".join(words)), " ".join(sorted(words))


def _squash(text: str) -> str:
    return _VERSION_SIGN.sub("", text).replace(" ", "")
