"""Splits a typed text into tokens (at spaces or quotes), and groups those that belong together.

`synonyms.txt` lists synonyms and words to ignore.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from catalog.search import spelling

_MOST_WORDS, _LONGEST_WORD = 12, 64
_TO = frozenset(["2", "into"])
# People paste the address of a model's page at fal, or of its queue.
_ADDRESS = re.compile(
    r"(?<![\w.-])(?:https?://)?(?:[\w-]+\.)?fal\.(?:ai|run)/(?:models/)?"
    r"([^\s?#]+?)(?:/(?:playground|api|examples))?/?(?:[?#]\S*)?(?=\s|$)",
    re.IGNORECASE,
)
_TEXT = Path(__file__).with_name("synonyms.txt").read_text(encoding="utf-8")
_ENTRIES = re.sub(r"(?m)\n +|^#.*", " ", _TEXT).splitlines()
_WEIGHTLESS = {
    name: frozenset(listed.split())
    for name, _, listed in (entry[1:].partition(" ") for entry in _ENTRIES if entry[:1] == "@")
}
ARTICLES, ASIDE = _WEIGHTLESS["articles"], _WEIGHTLESS["aside"]
STOP = frozenset[str]().union(*_WEIGHTLESS.values())
_SURROUNDING_PUNCTUATION = ".,;:!?()[]{}'"  # punctuation around a word


@lru_cache(maxsize=1)
def synonyms() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Map phrases (words without plural endings) to the words that a search for them adds."""
    phrases: dict[tuple[str, ...], tuple[str, ...]] = {}
    for entry in _ENTRIES:
        phrase, _, means = entry.partition("|")
        alternatives = tuple(text.strip() for text in means.split(","))
        for way in phrase.split(",") if means else ():
            key = tuple(map(spelling.single, spelling.split_words(way)))
            phrases[key] = tuple(dict.fromkeys((*phrases.get(key, ()), *alternatives)))
    return phrases


@lru_cache(maxsize=1)
def synonym_words() -> frozenset[str]:
    """Return every single word that is a synonym."""
    return frozenset(word for key in synonyms() for word in key)


@dataclass(frozen=True)
class Token:
    """One typed token: its text and its words. A quoted one is matched exactly."""

    text: str
    words: tuple[str, ...]
    is_quoted: bool = False


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a typed text; the URL of a model at fal is replaced by its id."""
    tokens: list[Token] = []
    count = 0
    half_width = unicodedata.normalize("NFKC", text)  # some keyboards produce full-width characters
    half_width = _ADDRESS.sub(r"\1", half_width)
    for quoted, bare in re.findall(r'"([^"]+)"|([^\s"]+)', spelling.normalize(half_width)):
        spelled = quoted or bare.strip(_SURROUNDING_PUNCTUATION)
        words = tuple(word[:_LONGEST_WORD] for word in spelling.split_words(spelled))
        count += len(words)
        if words and count <= _MOST_WORDS:
            tokens.append(Token(spelled[:_LONGEST_WORD], words, bool(quoted)))
    return tokens


@dataclass(frozen=True)
class Unit:
    """Tokens that must be found together, and their synonyms."""

    text: str
    tokens: tuple[Token, ...]
    alike: tuple[str, ...] = ()
    joined: str = ""  # two words that a name joins
    is_aside: bool = False  # states what the rest is for, from or with


def group_tokens(is_known: Callable[[str], bool], tokens: list[Token]) -> list[Unit]:
    """Group tokens that must be found together: synonyms, and names that were split.

    `is_known` returns whether a name of the catalogue contains a word.
    """
    units: list[Unit] = []
    units_meant: list[Unit] = []
    start = 0
    is_aside = False
    while start < len(tokens):
        token = tokens[start]
        unit, length = (
            _longest_synonym(tokens[start:])
            or _joined(is_known, tokens[start : start + 2])
            or (Unit(token.text, (token,)), 1)
        )
        units.append(unit)
        # "a model for video": stop words need not be found, unless there are no other words.
        if unit.text not in STOP or token.is_quoted:
            units_meant.append(replace(unit, is_aside=True) if is_aside and units_meant else unit)
        is_aside = is_aside or unit.text in ASIDE
        start += length
    return units_meant or units


def _joined(is_known: Callable[[str], bool], pair: list[Token]) -> tuple[Unit, int] | None:
    """Return two tokens as a unit if a name joins them."""
    joined = "".join(word for token in pair for word in token.words)
    if len(pair) < 2 or any(token.is_quoted for token in pair) or not is_known(joined):
        return None
    return Unit(" ".join(token.text for token in pair), tuple(pair), joined=joined), 2


def _longest_synonym(tokens: list[Token]) -> tuple[Unit, int] | None:
    """Return the longest synonym at the beginning of the tokens, and its number of tokens.

    Skips articles: `describe an image` is `describe image`.
    """
    longest: tuple[Unit, int] | None = None
    key: tuple[str, ...] = ()
    used_tokens: list[Token] = []
    for end, token in enumerate(tokens, 1):
        if token.is_quoted:
            break
        # "describe an image", "animate my photo".
        if token.text in ARTICLES:
            continue
        used_tokens.append(token)
        key += tuple(map(spelling.single, token.words))
        if len(key) > 1 and key[1] in _TO:  # text-2-speech, photo into 3d
            key = (key[0], "to", *key[2:])
        if alike := synonyms().get(key):
            longest = (
                Unit(" ".join(part.text for part in used_tokens), tuple(used_tokens), alike),
                end,
            )
    return longest
