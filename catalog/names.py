"""Names, ids, tags and categories by their words: what a question is held against first.

Whole words, beginnings of words, phrases, names written without their separators, and the name itself.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate

from catalog import bitmaps, spelling
from catalog.facts import Listing


class Names:
    """The words of every name and id, and apart from them those of tags and category."""

    def __init__(self) -> None:
        self.size = 0
        self.lengths = array("B")  # words of the shorter of name and id, without the owner
        self._lines: list[str] = []
        self._text = ""  # a line for each place: tab, name, tab, id, tab, id without its owner, tab
        self._in_name: dict[str, list[int]] = defaultdict(list)
        self._in_tags: dict[str, list[int]] = defaultdict(list)

    def add(self, place: int, listing: Listing) -> None:
        """Take an endpoint in; places come in order."""
        name, endpoint_id = (
            spelling.plain(listing.display_name),
            spelling.plain(listing.endpoint_id),
        )
        written, whole = spelling.words(name), spelling.words(endpoint_id)
        alias = spelling.words(endpoint_id.partition("/")[2])
        for word in spelling.name_words(name) | spelling.name_words(endpoint_id):
            self._in_name[word].append(place)
        tags = listing.tags if isinstance(listing.tags, list) else []
        labels = " ".join([listing.category, *(tag for tag in tags if isinstance(tag, str))])
        for word in spelling.name_words(spelling.plain(labels)):
            self._in_tags[word].append(place)
        self.lengths.append(min(len(written) or 99, len(alias) or 99))
        self._lines.append(f"\t {' '.join(written)} \t {' '.join(whole)} \t {' '.join(alias)} \t\n")

    def finish(self, size: int) -> None:
        """Everybody is in."""
        self.size = size
        self._starts = array("Q", accumulate(map(len, self._lines), initial=0))
        self._text = "".join(self._lines)
        self._lines = []
        self._name_words = sorted(self._in_name)
        self._tag_words = sorted(self._in_tags)

    def counted(self) -> Iterator[tuple[str, int]]:
        """Each word with the number of endpoints that have it in name, id, tags or category."""
        for words in (self._in_name, self._in_tags):
            for word, places in words.items():
                if word.isalpha() and len(word) > 2:
                    yield word, len(places)

    def knows(self, word: str) -> bool:
        """Whether any name, tag or category has this very word."""
        return word in self._in_name or word in self._in_tags

    def begins(self, beginning: str) -> bool:
        """Whether any word of a name, a tag or a category begins so."""
        return any(
            (place := bisect_left(known, beginning)) < len(known) and known[place].startswith(beginning)
            for known in (self._name_words, self._tag_words)
        )  # fmt: skip

    def with_word(self, word: str) -> tuple[int, int]:
        """The places that have a whole word in the name, and in tags or category."""
        return (
            bitmaps.of(self._in_name.get(word, ()), self.size),
            bitmaps.of(self._in_tags.get(word, ()), self.size),
        )

    def with_beginning(self, beginning: str) -> tuple[int, int]:
        """The places where a word begins so, in the name, and in tags or category."""
        return (
            self._begun(beginning, self._name_words, self._in_name),
            self._begun(beginning, self._tag_words, self._in_tags),
        )

    def with_phrase(self, words: Sequence[str]) -> tuple[int, int]:
        """The places whose name has these words in a row: as whole words, and with the last unfinished."""
        phrase = " " + " ".join(words)
        return self._holding(phrase + " "), self._holding(phrase)

    def named(self, words: Sequence[str]) -> int:
        """The places of which these words are the very name, the id, or the id without its owner.

        Separators make no difference.
        """
        text, starts = self._squashed
        return self._holding(f"\t{''.join(words)}\t", text, starts)

    def beginning_with(self, words: Sequence[str]) -> int:
        """The places whose name or id begins with these words."""
        return self._holding(f"\t {' '.join(words)} ")

    def glued(self, word: str) -> int:
        """The places whose name has these letters in a row, whatever is between them."""
        text, starts = self._squashed
        return self._holding(word, text, starts)

    @cached_property
    def _squashed(self) -> tuple[str, array[int]]:
        text = self._text.replace(" ", "")
        lengths = (len(line) + 1 for line in text.split("\n")[:-1])
        return text, array("Q", accumulate(lengths, initial=0))

    def _holding(self, part: str, text: str = "", starts: array[int] | None = None) -> int:
        text = text or self._text
        starts = starts or self._starts
        places = []
        at = text.find(part)
        while at >= 0:
            place = bisect_right(starts, at) - 1
            places.append(place)
            at = text.find(part, starts[place + 1])
        return bitmaps.of(places, self.size)

    def _begun(self, beginning: str, known: list[str], words: dict[str, list[int]]) -> int:
        places: set[int] = set()
        for number in range(bisect_left(known, beginning), len(known)):
            if not known[number].startswith(beginning):
                break
            places.update(words[known[number]])
        return bitmaps.of(list(places), self.size)
