"""A typed question taken apart: text to search for, conditions, hints at what is not understood."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from catalog.filters.conditions import Condition, combine, folded, parse_condition
from catalog.filters.natural_language import to_query_words
from catalog.filters.vocabulary import KEYS, SYNONYMS
from core.byte_cache import byte_cached

_MOST_WORDS = 24
_WORD = re.compile(
    r"""(?P<no>-|not:|!)?(?P<key>[a-z][a-z-]{0,20}):(?P<value>(?:"[^"]*"?|[^\s"])*)""",
    re.IGNORECASE,
)
_ORDERS = {  # sort → the words that ask for it
    "price": re.compile(r"(?i)(?<!\S)(?:cheapest|least expensive|lowest[- ]priced?)(?!\S)"),
    "newest": re.compile(r"(?i)(?<!\S)newest(?!\S)"),
}
_YES, _NO = {"yes", "true", "on", "1", "y"}, {"no", "false", "off", "0", "n", "none"}
_QUOTED = re.compile(r'^"([^"]*)"?$')
_PIECE = re.compile(r'(?:"[^"]*"?|[^\s"])+')


@dataclass(frozen=True)
class Hint:
    """Something that was not understood and left out, and the word that may have been meant."""

    word: str
    message: str
    suggestion: str = ""


class ParsedQuery(NamedTuple):
    """A question taken apart: `text` is what is left for the text search."""

    text: str
    conditions: tuple[Condition, ...] = ()
    hints: tuple[Hint, ...] = ()
    taken: tuple[tuple[str, Condition], ...] = ()  # each word as typed, with what it asks for
    wish: str = ""  # `text` in query words, where it is plainly a wish
    sort: str = ""  # the order that words ask for
    sort_words: str = ""  # those words, as typed


@byte_cached(1 << 20)
def parse_query(q: str) -> ParsedQuery:
    """Take a typed question apart; a word that is not understood becomes a hint, no condition."""
    text: list[str] = []
    taken: list[tuple[str, Condition]] = []
    hints: list[Hint] = []
    for piece in _PIECE.findall(q):
        match = _WORD.fullmatch(piece)
        if match is None or match["value"].startswith("//") or len(taken) >= _MOST_WORDS:
            text.append(piece)
            hints += _text_hints(piece)
            continue
        value = _QUOTED.sub(r"\1", match["value"])
        if found := parse_condition(match["key"], value, is_typed=True):
            taken.append((piece, replace(found, is_negated=bool(match["no"]))))
        elif hint := _hint(piece, match["key"], value):
            hints.append(hint)
    said, sort, sort_words = _order(" ".join(text))
    wish = to_query_words(said)
    if sort and not wish:  # "cheapest video" is a wish if it says nothing else
        meant = to_query_words(said, 1)
        wish = meant if all(":" in word for word in meant.split()) else ""
    if wish:
        hints = [hint for hint in hints if hint.word not in text]
        hints.insert(0, Hint(said, "Models can be asked for that.", wish))
    conditions = combine(one for _, one in taken)
    return ParsedQuery(said, conditions, tuple(hints), tuple(taken), wish, sort, sort_words)


def _order(said: str) -> tuple[str, str, str]:
    """A text without the words that ask for an order, that order, and those words."""
    for order, form in _ORDERS.items() if '"' not in said else ():
        if match := form.search(said):
            return " ".join(form.sub(" ", said).split()), order, match[0]
    return said, "", ""


def replace_words(q: str, word: str, other: str = "") -> str:
    """A question with another word in the place of one or of some, or without them."""
    pieces = _PIECE.findall(q)
    for piece in _PIECE.findall(word):
        if piece in pieces:
            pieces[pieces.index(piece)] = other
            other = ""
    return " ".join(piece for piece in pieces if piece)


def unknown_value_hint(asked: Condition, known: Iterable[str]) -> Hint | None:
    """A hint where none of the `known` facts is what a condition on an open key asks for."""
    held = [fact for fact in known if fact.startswith(f"{asked.key}:")]
    if not KEYS[asked.key].is_open or not held or any(map(asked.accepts, held)):
        return None
    like = nearest(asked.values[0], [fact.partition(":")[2] for fact in held])
    suggestion = Condition(asked.key, like).word if like else ""
    return Hint(asked.word, f"No model has {asked.word}.", suggestion)


def _text_hints(piece: str) -> list[Hint]:
    """What a word that is looked for in texts may have meant instead."""
    for key in KEYS.values():
        if key.bare and key.bare.fullmatch(piece):
            message = f"{piece} is looked for in names and texts."
            return [Hint(piece, message, f"{key.name}:{piece}")]
    if re.match(r"-[^\W\d_]", piece):
        message = (
            "Text is only looked for; what can be left out is -in:, -out:, -can: and the like."
        )
        return [Hint(piece, message)]
    return []


def _hint(word: str, typed: str, value: str) -> Hint | None:
    """Why a word is not understood; nothing while its value is still to be typed."""
    if not value.strip("<>=≥≤.$€£ -"):
        return None
    key = KEYS.get(SYNONYMS.get(typed.casefold(), typed.casefold()))
    if key is None:
        suggestion = _flag(typed, value) or _with_other_key(typed, value)
        return Hint(word, f"There is no {typed}: to search by.", suggestion)
    if key.is_number:
        return Hint(word, f"{key.name}: takes a number, as in {key.example}.")
    begun = [known for known in key.values if known.startswith(folded(value))]
    if begun:
        return Hint(word, f"{word} may become {' or '.join(begun)}.")
    for like in nearest(folded(value), [*key.values, *key.synonyms]):
        suggestion = f"{key.name}:{key.synonyms.get(like, like)}"
        return Hint(word, f"There is no {word}.", suggestion)
    listed = f" It may be {', '.join(key.values)}." if key.values else ""
    return Hint(word, f"There is no {word}.{listed}")


def _flag(typed: str, value: str) -> str:
    """What `sound:yes` means: the value of another key, wanted or not; empty where it is none."""
    for key in ("can", "is") if value.casefold() in _YES | _NO else ():
        if meant := parse_condition(key, typed, is_typed=True):
            return f"{'-' if value.casefold() in _NO else ''}{meant.word}"
    return ""


def _with_other_key(typed: str, value: str) -> str:
    """The word under the key that is written most alike, as far as that takes the value."""
    for like in nearest(typed, [*KEYS, *SYNONYMS]):
        name = SYNONYMS.get(like, like)
        fits = parse_condition(name, value, is_typed=True)
        return fits.word if fits else f"{name}:"
    return ""


def nearest(word: str, known: Iterable[str], most: int = 1) -> tuple[str, ...]:
    """Those of the known words that are written most alike, as far as any are."""
    from rapidfuzz import fuzz, process  # as in `spelling.py`: only for who mistypes

    found = process.extract(
        word.casefold()[:64], known, scorer=fuzz.ratio, score_cutoff=60, limit=most
    )
    return tuple(name for name, *_ in found)
