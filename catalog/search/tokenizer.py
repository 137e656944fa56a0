"""A typed text taken apart: tokens between spaces or quotes, and groups to be found together."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

from catalog.search import spelling, synonyms

_MOST_WORDS, _LONGEST_WORD = 12, 64
_TO = frozenset(["2", "into"])
_ADDRESS = re.compile(
    r"(?:https?://)?(?:[\w-]+\.)?fal\.(?:ai|run)/(?:models/)?"
    r"([^\s?#]+?)(?:/(?:playground|api|examples))?/?(?:[?#]\S*)?(?=\s|$)",
    re.IGNORECASE,
)
_AROUND = ".,;:!?()[]{}'"  # a sentence's, not the word's


@dataclass(frozen=True)
class Token:
    """One typed thing: its text, and the words in it. A quoted one is matched as it stands."""

    text: str
    words: tuple[str, ...]
    is_quoted: bool = False


def tokenize(text: str) -> list[Token]:
    """The tokens of a typed text; of a model's address at fal its id."""
    found: list[Token] = []
    count = 0
    half_width = unicodedata.normalize("NFKC", text)  # what some keyboards write
    half_width = _ADDRESS.sub(r"\1", half_width)
    for quoted, bare in re.findall(r'"([^"]+)"|([^\s"]+)', spelling.normalize(half_width)):
        said = quoted or bare.strip(_AROUND)
        words = tuple(word[:_LONGEST_WORD] for word in spelling.words(said))
        count += len(words)
        if words and count <= _MOST_WORDS:
            found.append(Token(said[:_LONGEST_WORD], words, bool(quoted)))
    return found


@dataclass(frozen=True)
class Unit:
    """Tokens that have to be found together, and other ways to say them."""

    text: str
    tokens: tuple[Token, ...]
    alike: tuple[str, ...] = ()
    joined: str = ""  # two words that a name writes as one
    is_aside: bool = False  # says of the rest what it is for, from or with


def group_tokens(is_known: Callable[[str], bool], tokens: list[Token]) -> list[Unit]:
    """Tokens grouped as they have to be found: what people say for one thing, names taken apart.

    `is_known` says whether a name of the catalogue has a word.
    """
    found: list[Unit] = []
    meant: list[Unit] = []
    start = 0
    is_aside = False
    while start < len(tokens):
        token = tokens[start]
        unit, taken = (
            _longest_synonym(tokens[start:])
            or _joined(is_known, tokens[start : start + 2])
            or (Unit(token.text, (token,)), 1)
        )
        found.append(unit)
        if unit.text not in synonyms.STOP or token.is_quoted:
            meant.append(replace(unit, is_aside=True) if is_aside and meant else unit)
        is_aside = is_aside or unit.text in synonyms.ASIDE
        start += taken
    return meant or found


def _joined(is_known: Callable[[str], bool], pair: list[Token]) -> tuple[Unit, int] | None:
    """Two tokens that a name writes as one word."""
    joined = "".join(word for token in pair for word in token.words)
    if len(pair) < 2 or any(token.is_quoted for token in pair) or not is_known(joined):
        return None
    return Unit(" ".join(token.text for token in pair), tuple(pair), joined=joined), 2


def _longest_synonym(tokens: list[Token]) -> tuple[Unit, int] | None:
    """The longest beginning in the table of synonyms, and how many tokens it takes.

    Articles may be left out: `describe an image` is `describe image`.
    """
    whole = [*enumerate(tokens, 1)]
    bare = [part for part in whole if part[1].text not in synonyms.ARTICLES]
    found: tuple[Unit, int] | None = None
    for way in (whole, bare) if len(bare) < len(whole) else (whole,):
        key: tuple[str, ...] = ()
        for count, (end, token) in enumerate(way, 1):
            if token.is_quoted or len(key) >= synonyms.longest():
                break
            key += synonyms.key_of(token.words)
            if len(key) > 1 and key[1] in _TO:  # text-2-speech, photo into 3d
                key = (key[0], "to", *key[2:])
            alike = synonyms.table().get(key)
            if alike and (found is None or end > found[1]):
                taken = tuple(token for _, token in way[:count])
                found = Unit(" ".join(token.text for token in taken), taken, alike), end
    return found
