"""Inverted indexes in memory: in which endpoints a word, the beginning of one, or a phrase stands.

An endpoint is named by its place in upstream's order. The catalogue has some thousand endpoints, so
all their texts together take a few megabytes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

from catalog.search import spelling

MOST_CHARACTERS = 40_000  # of one text: what stands further down is not indexed


class TextIndex:
    """One text of every endpoint.

    `entries` holds for each place the words that find it, and its line: the words of the text in
    their order, each with a space on both sides, in which phrases are looked up.
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
        """Where the words stand in a row; if `is_open` the last may be the beginning of a word."""
        if len(words) > 1:
            phrase = f" {' '.join(words)}{'' if is_open else ' '}"
            return self.find_part(phrase, words[:-1] if is_open else words)
        if not is_open:
            return self._postings.get(words[0], ())
        return {place for word in self.completions(words[0]) for place in self._postings[word]}

    def find_part(self, part: str, words: Sequence[str]) -> list[int]:
        """Where the line has a part that holds `words`; only lines with the rarest are read."""
        postings = [self._postings.get(word, []) for word in words if word.isalpha()]
        places = min(postings, key=len) if postings else range(len(self._lines))
        return [place for place in places if part in self._lines[place]]

    def completions(self, beginning: str) -> list[str]:
        """The words that begin so."""
        first = bisect_left(self._words, beginning)
        last = bisect_left(self._words, beginning + chr(0x10FFFF), first)
        return self._words[first:last]

    def word_counts(self, shortest: int) -> dict[str, int]:
        """In how many endpoints each word of `shortest` or more letters stands."""
        return {
            word: len(places)
            for word, places in self._postings.items()
            if len(word) >= shortest and word.isalpha()
        }


@lru_cache(maxsize=2)
def index_texts(texts: tuple[str, ...]) -> TextIndex:
    """The index of long texts (descriptions, field names), made anew only when a text changed."""
    split = (spelling.words(spelling.normalize(text[:MOST_CHARACTERS])) for text in texts)
    return TextIndex((words, f" {' '.join(words)} ") for words in split)
