"""Parses a typed query into text to search for, conditions, and hints on unknown words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from catalog.filters.conditions import Condition, combine, folded, parse_condition
from catalog.filters.natural_language import FEWEST, Wish, read_wish
from catalog.filters.vocabulary import KEYS, SYNONYMS
from core.byte_cache import byte_cached
from core.typed_signs import plain_signs

_MOST_WORDS = 24
KEYED = re.compile(
    r"""(?P<no>-|not:|!)?(?P<key>[a-z][a-z-]{0,20}):(?P<value>(?:"[^"]*+"?+|[^\s"])*+)""",
    re.IGNORECASE,
)
_ORDERS = {  # sort → phrases that request it
    "price": re.compile(
        r"(?i)(?<!\S)(?:cheap(?:est)?|(?:in|least )expensive|affordable|low[- ]cost"
        r"|lowest[- ]priced?|budget(?! of))(?!\S)"
    ),
    "newest": re.compile(r"(?i)(?<!\S)(?:newest|latest)(?!\S)"),
}
_YES, _NO = {"yes", "true", "on", "1", "y"}, {"no", "false", "off", "0", "n", "none"}
_QUOTED = re.compile(r'^"([^"]*)"?$')
PIECE = re.compile(r'(?:"[^"]*+"?+|[^\s"])++')


@dataclass(frozen=True)
class Hint:
    """A word that was not understood and is ignored, with the suggested correction."""

    word: str
    message: str
    suggestion: str = ""


class ParsedQuery(NamedTuple):
    """A parsed query; `text` is the remaining text for full-text search."""

    text: str
    conditions: tuple[Condition, ...] = ()
    hints: tuple[Hint, ...] = ()
    taken: tuple[tuple[str, Condition], ...] = ()  # each word as typed, with its condition
    wish: Wish = Wish()  # what `text` asks for
    sort: str = ""  # the order that the text requests
    sort_words: str = ""  # the words of that request, as typed


@byte_cached(1 << 20)
def parse_query(q: str) -> ParsedQuery:
    """Parse a typed query; a word that is not understood becomes a hint instead of a condition."""
    text: list[str] = []
    pairs: list[tuple[str, Condition]] = []
    hints: list[Hint] = []
    for piece in PIECE.findall(plain_signs(q)):
        match = KEYED.fullmatch(piece.removesuffix(" %"))
        if match is None or match["value"].startswith("//") or len(pairs) >= _MOST_WORDS:
            text.append(piece)
            hints += _text_hints(piece)
            continue
        value = _QUOTED.sub(r"\1", match["value"])
        if condition := parse_condition(match["key"], value, is_typed=True):
            pairs.append((piece, replace(condition, is_negated=bool(match["no"]))))
        elif hint := _hint(piece, match["key"], value):
            hints.append(hint)
    free_text, sort, sort_words = _order(" ".join(text))
    wish = read_wish(free_text)
    is_pure_order = bool(sort) and not wish.content  # "cheapest video": nothing but a requirement
    if len(wish.conditions) >= (1 if is_pure_order else FEWEST):
        hints = [hint for hint in hints if hint.word not in text]
        hints.insert(
            0, Hint(free_text, "This search can be written as conditions.", wish.query_words)
        )
    conditions = combine(parsed for _, parsed in pairs)
    return ParsedQuery(free_text, conditions, tuple(hints), tuple(pairs), wish, sort, sort_words)


def _order(text: str) -> tuple[str, str, str]:
    """Return the text without the words that request an order, the order, and those words."""
    for order, form in _ORDERS.items() if '"' not in text else ():
        if match := form.search(text):
            return " ".join(form.sub(" ", text).split()), order, match[0]
    return text, "", ""


def replace_words(q: str, word: str, other: str = "") -> str:
    """Return a query with words replaced by `other`, or removed."""
    pieces = PIECE.findall(plain_signs(q))
    for piece in PIECE.findall(plain_signs(word)):
        if piece in pieces:
            pieces[pieces.index(piece)] = other
            other = ""
    return " ".join(piece for piece in pieces if piece)


def unknown_value_hint(condition: Condition, facts: Iterable[str]) -> Hint | None:
    """Return a hint if none of the `facts` matches a condition on an open key."""
    key_facts = [fact for fact in facts if fact.startswith(f"{condition.key}:")]
    if not KEYS[condition.key].is_open or not key_facts or any(map(condition.accepts, key_facts)):
        return None
    like = nearest(condition.values[0], [fact.partition(":")[2] for fact in key_facts])
    suggestion = Condition(condition.key, like).word if like else ""
    return Hint(condition.word, f"No model has {condition.word}.", suggestion)


def _text_hints(piece: str) -> list[Hint]:
    """Return suggestions for a word that is searched for in texts."""
    for key in KEYS.values():
        if key.bare and key.bare.fullmatch(piece):
            message = f"{piece} is searched for in names and descriptions."
            return [Hint(piece, message, f"{key.name}:{piece}")]
    if re.match(r"-[^\W\d_]", piece):
        message = (
            "Words cannot be excluded from a search; conditions can, such as -in:, -out: and -can:."
        )
        return [Hint(piece, message)]
    return []


def _hint(word: str, key_name: str, value: str) -> Hint | None:
    """Return the hint for a word that is not understood; None while its value is still missing."""
    if not value.strip("<>=≥≤.$€£ -"):
        return None
    key = KEYS.get(SYNONYMS.get(key_name.casefold(), key_name.casefold()))
    if key is None:
        suggestion = _flag(key_name, value) or _with_other_key(key_name, value)
        return Hint(word, f"There is no condition {key_name}:.", suggestion)
    if key.is_number:
        return Hint(word, f"{key.name}: takes a number, as in {key.example}.")
    candidates = [candidate for candidate in key.values if candidate.startswith(folded(value))]
    if candidates:
        return Hint(word, f"{word} is not complete: write {' or '.join(candidates)}.")
    for like in nearest(folded(value), [*key.values, *key.synonyms]):
        suggestion = f"{key.name}:{key.synonyms.get(like, like)}"
        return Hint(word, f"There is no {word}.", suggestion)
    choices_note = f" It may be {', '.join(key.values)}." if key.values else ""
    return Hint(word, f"There is no {word}.{choices_note}")


def _flag(key_name: str, value: str) -> str:
    """Return what `sound:yes` means: a value of another key, maybe negated; "" if nothing."""
    for key in ("can", "is") if value.casefold() in _YES | _NO else ():
        if flag := parse_condition(key, key_name, is_typed=True):
            return f"{'-' if value.casefold() in _NO else ''}{flag.word}"
    return ""


def _with_other_key(key_name: str, value: str) -> str:
    """Return the word with the most similar key, without its value if that key rejects it."""
    for like in nearest(key_name, [*KEYS, *SYNONYMS]):
        name = SYNONYMS.get(like, like)
        fits = parse_condition(name, value, is_typed=True)
        return fits.word if fits else f"{name}:"
    return ""


def nearest(word: str, known_words: Iterable[str], most: int = 1) -> tuple[str, ...]:
    """Return up to `most` of the known words that are most similar, if any are."""
    from rapidfuzz import fuzz, process  # as in `spelling.py`: loaded only for typing errors

    matches = process.extract(
        word.casefold()[:64], known_words, scorer=fuzz.ratio, score_cutoff=60, limit=most
    )
    return tuple(name for name, *_ in matches)
