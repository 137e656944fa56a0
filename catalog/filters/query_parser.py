"""A typed question taken apart: text to search for, conditions, hints at what is not understood."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from catalog.filters import natural_language
from catalog.filters.conditions import Condition, combine, folded, parse_condition
from catalog.filters.vocabulary import KEYS, SYNONYMS
from core.byte_cache import byte_cached

_MOST_WORDS = 24
_WORD = re.compile(
    r"""(?P<no>-|not:|!)?(?P<key>[a-z][a-z-]{0,20}):(?P<value>(?:"[^"]*"?|[^\s"])*)""",
    re.IGNORECASE,
)
_BARE = {  # what looks like a fact without its key
    "resolution": re.compile(r"\d{3,4}p|[248]k", re.IGNORECASE),
    "duration": re.compile(r"\d{1,3}(?:s|sec|secs|seconds?)", re.IGNORECASE),
    "ratio": re.compile(r"\d{1,2}:\d{1,2}"),
    "price": re.compile(r"[<>]=?\$?\d*[.,]?\d+\$?|\$\d*[.,]?\d+"),
}
_ORDERS = {  # sort → the words that ask for it
    "price": re.compile(r"(?i)(?<!\S)(?:cheapest|least expensive|lowest[- ]priced?)(?!\S)"),
    "newest": re.compile(r"(?i)(?<!\S)newest(?!\S)"),
}
_YES, _NO = {"yes", "true", "on", "1", "y"}, {"no", "false", "off", "0", "n", "none"}
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
            hints += _bare_fact(piece) or _negated_text(piece)
        elif found := parse_condition(match["key"], _bare(match["value"]), is_typed=True):
            taken.append((piece, replace(found, is_negated=bool(match["no"]))))
        elif hint := _hint(piece, match["key"], _bare(match["value"])):
            hints.append(hint)
    said, sort, sort_words = _order(" ".join(text))
    wish = natural_language.to_query_words(said)
    if sort and not wish:  # "cheapest video" is a wish if it says nothing else
        meant = natural_language.to_query_words(said, 1)
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
    key, values = KEYS[asked.key], []
    if key.values or key.is_number:
        return None
    for fact in known:
        name, _, value = fact.partition(":")
        if name == asked.key:
            if asked.accepts(fact):
                return None
            values.append(value)
    if not values:
        return None
    wanted = asked.values[0]
    nearest = _nearest(wanted, values)
    message = f"No model has {asked.word}."
    return Hint(asked.word, message, f"{asked.key}:{_quoted(nearest)}" if nearest else "")


def _bare_fact(piece: str) -> list[Hint]:
    key = next((key for key, form in _BARE.items() if form.fullmatch(piece)), "")
    if not key:
        return []
    return [Hint(piece, f"{piece} is looked for in names and texts.", f"{key}:{piece}")]


def _negated_text(piece: str) -> list[Hint]:
    if not re.match(r"-[^\W\d_]", piece):
        return []
    return [
        Hint(
            piece,
            "Text is only looked for; what can be left out is -in:, -out:, -can: and the like.",
        )
    ]


def _bare(value: str) -> str:
    is_one = value.startswith('"') and value.count('"') <= 2 and value.rstrip('"').count('"') == 1
    return value.strip('"') if is_one else value


def _hint(word: str, typed: str, value: str) -> Hint | None:
    """Why a word is not understood; nothing while its value is still to be typed."""
    if not value.strip("<>=≥≤.$€£ -"):
        return None
    key = KEYS.get(SYNONYMS.get(typed.casefold(), typed.casefold()))
    if key is None and (meant := _flag(typed, value)):
        return Hint(word, f"There is no {typed}: to search by.", meant)
    if key is None:
        nearest = _nearest(typed, [*KEYS, *SYNONYMS])
        name = SYNONYMS.get(nearest, nearest)
        fits = name and parse_condition(name, value, is_typed=True)
        suggestion = f"{name}:{_quoted(value)}" if fits else f"{name}:" if name else ""
        return Hint(word, f"There is no {typed}: to search by.", suggestion)
    if key.is_number:
        return Hint(word, f"{key.name}: takes a number, as in {key.example}.")
    begun = [known for known in key.values if known.startswith(folded(value))]
    if begun:
        return Hint(word, f"{word} may become {' or '.join(begun)}.")
    known = [*key.values, *key.synonyms]
    nearest = _nearest(folded(value), known)
    meant = key.synonyms.get(nearest, nearest)
    if meant:
        return Hint(word, f"There is no {word}.", f"{key.name}:{meant}")
    listed = f" It may be {', '.join(key.values)}." if key.values else ""
    return Hint(word, f"There is no {word}.{listed}")


def _flag(typed: str, value: str) -> str:
    """What `sound:yes` means: the value of another key, wanted or not; empty where it is none."""
    for key in ("can", "is") if value.casefold() in _YES | _NO else ():
        if meant := parse_condition(key, typed, is_typed=True):
            return f"{'-' if value.casefold() in _NO else ''}{meant.word}"
    return ""


def _nearest(word: str, known: Iterable[str]) -> str:
    from rapidfuzz import fuzz, process  # as in `spelling.py`: only for who mistypes

    found = process.extractOne(
        word.casefold()[:64], list(known), scorer=fuzz.ratio, score_cutoff=60
    )
    return found[0] if found else ""


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"\s", value) else value
