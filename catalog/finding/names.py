"""Names, ids, tags and categories by their words: what a question is held against first.

Whole words, beginnings of words, phrases, names written without their separators, and the name itself.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import accumulate, chain

from catalog.asking.facts import Listing
from catalog.finding import bitmaps, spelling

_VERSION_SIGN = re.compile(r"\bv(?=\d)")
_RARE = 300  # lines are sooner read one by one than looked for in the whole text


class Names:
    """The words of every name and id, and apart from them those of tags and category."""

    def __init__(self) -> None:
        self.size = 0
        self.lengths = array("B")  # words of the shorter of name and id, without the owner
        self._lines: list[str] = []
        self._labelled: dict[str, array[int]] = {}  # tag or category → places
        self._in_name: dict[str, list[int]] = defaultdict(list)
        self._in_tags: dict[str, list[int]] = defaultdict(list)
        self._first: dict[str, list[int]] = defaultdict(list)  # word → where a name begins with it

    def add(self, place: int, listing: Listing) -> None:
        """Take an endpoint in; places come in order."""
        name = spelling.plain(listing.display_name)
        endpoint_id = spelling.plain(listing.endpoint_id)
        written, whole = spelling.words(name), spelling.words(endpoint_id)
        alias = whole[len(spelling.words(endpoint_id.partition("/")[0])) :]
        for word in spelling.name_words(f"{name} {endpoint_id}"):
            self._in_name[word].append(place)
        for word in {said[0] for said in (written, whole, alias) if said}:
            self._first[word].append(place)
        tags = listing.tags if isinstance(listing.tags, list) else []
        labels = [_label(x) for x in (listing.category, *tags) if isinstance(x, str)]
        for word in {word for words, _ in labels for word in words}:
            self._in_tags[word].append(place)
        for label in {said for _, said in labels}:
            self._labelled.setdefault(label, array("I")).append(place)
        self.lengths.append(min(len(written) or 99, len(alias) or 99))
        self._lines.append(f"\t {' '.join(written)} \t {' '.join(whole)} \t {' '.join(alias)} \t\n")

    def finish(self, size: int) -> None:
        """Everybody is in."""
        self.size = size
        self._name_text = _Text(self._lines)
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

    def with_phrase(self, words: Sequence[str], *, is_open: bool) -> tuple[int, int]:
        """The places with these words in a row in the name, and in a tag or the category."""
        phrase = " " + " ".join(words) + ("" if is_open else " ")
        tagged = chain.from_iterable(
            places for label, places in self._labelled.items() if phrase in label
        )
        whole = words[:-1] if is_open else words
        return self._set(self._with_all(phrase, whole)), self._set(list(tagged))

    def named(self, words: Sequence[str]) -> int:
        """The places of which these words are the very name, the id, or the id without its owner.

        Separators make no difference, nor does the v of a version.
        """
        name = _squashed(" ".join(words))
        keys, places = self._exact
        number = hash(name)
        first, last = bisect_left(keys, number), bisect_right(keys, number)
        sign = f"\t{name}\t"  # two names may have one number
        return self._set([p for p in places[first:last] if sign in self._squashed.line(p)])

    def named_in_one_of(self, orders: Sequence[Sequence[str]]) -> int:
        """The places whose name, id, or id without its owner is these words in one of the orders."""
        found: list[int] = []
        for order in orders:
            found += self._with_all(f"\t {' '.join(order)} \t", order)
        return self._set(found)

    def beginning_with(self, words: Sequence[str]) -> int:
        """The places whose name or id begins with these words."""
        if len(words) == 1:
            return self._set(self._first.get(words[0], ()))
        return self._set(self._with_all(f"\t {' '.join(words)} ", words))

    def _with_all(self, part: str, words: Sequence[str]) -> Sequence[int]:
        """The places whose line has a part; where the rarest of its words is rare, only its lines are read.

        A word that no name has by itself may stand within another, and says nothing.
        """
        known = [self._in_name[word] for word in words if word in self._in_name]
        rarest = min(known, key=len, default=None)
        if rarest is None or len(rarest) > _RARE:
            return self._name_text.lines(part)
        return [place for place in rarest if part in self._name_text.line(place)]

    def glued(self, word: str) -> int:
        """The places whose name has these letters in a row, whatever is between them."""
        return self._set(self._squashed.lines(word))

    @cached_property
    def _squashed(self) -> _Text:
        return _Text(_squashed(self._name_text.text).splitlines(keepends=True))

    @cached_property
    def _exact(self) -> tuple[array[int], array[int]]:
        """The numbers (hashes) of all names and ids without their separators, sorted; and their places."""
        text, lines = self._squashed, range(self.size)
        named = {(hash(name), p) for p in lines for name in text.line(p).split("\t")[1:-1]}
        numbers, places = zip(*sorted(named), strict=True) if named else ((), ())
        return array("q", numbers), array("I", places)

    def _set(self, places: Sequence[int]) -> int:
        return bitmaps.of(places, self.size)

    def _begun(self, beginning: str, known: list[str], words: dict[str, list[int]]) -> int:
        places: set[int] = set()
        for number in range(bisect_left(known, beginning), len(known)):
            if not known[number].startswith(beginning):
                break
            places.update(words[known[number]])
        return self._set(list(places))


@lru_cache(maxsize=8192)
def _label(text: str) -> tuple[tuple[str, ...], str]:
    """A tag's or category's words, and itself as a part of a line."""
    plain = spelling.plain(text)
    return tuple(spelling.name_words(plain)), f" {' '.join(spelling.words(plain))} "


def _squashed(text: str) -> str:
    return _VERSION_SIGN.sub("", text).replace(" ", "")


class _Text:
    """Lines one after the other, a line for each place: tab, words, tab, words, tab."""

    def __init__(self, lines: list[str]) -> None:
        self.text = "".join(lines)
        self._starts = array("Q", accumulate(map(len, lines), initial=0))

    def line(self, number: int) -> str:
        """A line."""
        return self.text[self._starts[number] : self._starts[number + 1]]

    def lines(self, part: str) -> list[int]:
        """The numbers of the lines that hold a part."""
        found = []
        at = self.text.find(part)
        while at >= 0:
            line = bisect_right(self._starts, at) - 1
            found.append(line)
            at = self.text.find(part, self._starts[line + 1])
        return found
