"""What was typed, taken apart: things between spaces or quotes, and those that are to be found together."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from catalog.finding import spelling, synonyms
from catalog.finding.names import Names

_MOST_WORDS, _LONGEST_WORD = 12, 64
_AROUND = ".,;:!?()[]{}'"  # a sentence's, not the word's


@dataclass(frozen=True)
class Word:
    """One thing that was typed: its text, and the words in it. A quoted one is taken as it stands."""

    text: str
    words: tuple[str, ...]
    is_quoted: bool = False


def typed(text: str) -> list[Word]:
    """The things that were typed, apart."""
    found: list[Word] = []
    count = 0
    half_width = unicodedata.normalize("NFKC", text)  # what some keyboards write
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


def units_of(names: Names, said: list[Word]) -> list[Unit]:
    """What was typed, put together as it has to be found: ways people say one thing, names taken apart."""
    found: list[Unit] = []
    place = 0
    table, longest = synonyms.table(), synonyms.longest()
    while place < len(said):
        word = said[place]
        taken = 0
        for end in range(min(len(said), place + longest), place, -1):
            together = said[place:end]
            if any(one.is_quoted for one in together):
                continue
            key = synonyms.key_of([w for one in together for w in one.words])
            if len(key) == 3 and key[1] == "2":  # text 2 speech
                key = (key[0], "to", key[2])
            if key in table:
                text = " ".join(one.text for one in together)
                found.append(Unit(text, tuple(together), table[key]))
                taken = end - place
                break
        if not taken:
            taken = 1
            after = said[place + 1] if place + 1 < len(said) else None
            joined = "".join(word.words) + "".join(after.words) if after else ""
            if after and not (word.is_quoted or after.is_quoted) and names.knows(joined):
                found.append(Unit(f"{word.text} {after.text}", (word, after), joined=joined))
                taken = 2
            else:
                found.append(Unit(word.text, (word,)))
        place += taken
    meant = [
        unit for unit in found if not (unit.text in synonyms.STOP and not unit.words[0].is_quoted)
    ]
    return meant or found
