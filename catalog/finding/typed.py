"""What was typed, taken apart: things between spaces or quotes, and those that are to be found together."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

from catalog.finding import spelling, synonyms
from catalog.finding.names import Names

_MOST_WORDS, _LONGEST_WORD = 12, 64
_MOST_ARTICLES = 2
_TO = frozenset(["2", "into"])
_ADDRESS = re.compile(
    r"(?:https?://)?(?:[\w-]+\.)?fal\.(?:ai|run)/(?:models/)?"
    r"([^\s?#]+?)(?:/(?:playground|api|examples))?/?(?:[?#]\S*)?(?=\s|$)",
    re.IGNORECASE,
)
_AROUND = ".,;:!?()[]{}'"  # a sentence's, not the word's


@dataclass(frozen=True)
class Word:
    """One thing that was typed: its text, and the words in it. A quoted one is taken as it stands."""

    text: str
    words: tuple[str, ...]
    is_quoted: bool = False


def typed(text: str) -> list[Word]:
    """The things that were typed, apart; of a model's address at fal its id."""
    found: list[Word] = []
    count = 0
    half_width = unicodedata.normalize("NFKC", text)  # what some keyboards write
    half_width = _ADDRESS.sub(r"\1", half_width)
    for quoted, bare in re.findall(r'"([^"]+)"|([^\s"]+)', spelling.plain(half_width)):
        said = quoted or bare.strip(_AROUND)
        words = tuple(word[:_LONGEST_WORD] for word in spelling.words(said))
        count += len(words)
        if words and count <= _MOST_WORDS:
            found.append(Word(said[:_LONGEST_WORD], words, bool(quoted)))
    return found


@dataclass(frozen=True)
class Unit:
    """What has to be found together: `words` as typed, and other ways to say it."""

    text: str
    words: tuple[Word, ...]
    alike: tuple[str, ...] = ()
    joined: str = ""  # two words that a name writes as one
    is_aside: bool = False  # says of the rest what it is for, from or with


def units_of(names: Names, said: list[Word]) -> list[Unit]:
    """What was typed, put together as it has to be found: ways people say one thing, names taken apart."""
    found: list[Unit] = []
    meant: list[Unit] = []
    place = 0
    is_aside = False
    while place < len(said):
        word = said[place]
        after = said[place + 1] if place + 1 < len(said) else None
        joined = "".join(word.words) + "".join(after.words) if after else ""
        if known := _as_people_say(said[place:]):
            unit, taken = known
        elif after and not (word.is_quoted or after.is_quoted) and names.knows(joined):
            unit, taken = Unit(f"{word.text} {after.text}", (word, after), joined=joined), 2
        else:
            unit, taken = Unit(word.text, (word,)), 1
        found.append(unit)
        if unit.text not in synonyms.STOP or word.is_quoted:
            meant.append(replace(unit, is_aside=is_aside and bool(meant)))
        is_aside = is_aside or unit.text in synonyms.ASIDE
        place += taken
    return meant or found


def _as_people_say(said: list[Word]) -> tuple[Unit, int] | None:
    """The longest beginning that stands in the table, and its words; `describe an image` is `describe image`."""
    table = synonyms.table()
    for end in range(min(len(said), synonyms.longest() + _MOST_ARTICLES), 0, -1):
        together = said[:end]
        if together[-1].text in synonyms.ARTICLES or any(one.is_quoted for one in together):
            continue
        bare = [one for one in together if one.text not in synonyms.ARTICLES]
        for told in (together, bare):
            key = synonyms.key_of([w for one in told for w in one.words])
            if len(key) > 2 and key[1] in _TO:  # text 2 speech, photo into 3d
                key = (key[0], "to", *key[2:])
            if key in table:
                return Unit(" ".join(one.text for one in told), tuple(told), table[key]), end
    return None
