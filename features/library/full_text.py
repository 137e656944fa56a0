"""Splits texts into words, in the same way for the index and for searches.

A word is a sequence of letters with their marks, and digits; case and accents do not matter.
Scripts without spaces between words, and emoji, are split into single characters, which a search
finds as a phrase.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from core.marks import is_accent, mark_class

MOST_WORDS = 3000  # of one document
MOST_CHARS = 6000  # of one text in it; the rest is not indexed
LONGEST_WORD = 64
OPEN_FROM = 2  # letters that a word needs to match as the beginning of a longer one
GAP = "=="  # between two texts of a document, so that no phrase spans both

# Chinese, Japanese, Thai, Lao, Burmese, Khmer; pictures, arrows, signs.
_SINGLE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
    "\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
)
_WORD = re.compile(rf"[{_SINGLE}]|(?:(?![{_SINGLE}])(?:[^\W_]|[{mark_class()}]))+")


def split(text: str) -> list[str]:
    """Return the words of a text, in order."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(sign for sign in plain if not is_accent(sign))
    return [word[:LONGEST_WORD] for word in _WORD.findall(plain)]


class Phrase(NamedTuple):
    """Consecutive words; if it is open, the last one may be the beginning of a word."""

    words: tuple[str, ...]
    is_open: bool = False


class Clause(NamedTuple):
    """A document matches if it has at least one of the phrases, or none if it is negated."""

    phrases: tuple[Phrase, ...]
    is_negated: bool = False


def phrase(text: str, *, is_open: bool = True) -> Phrase | None:
    """Return the phrase that finds a text; None if it has no word."""
    words = tuple(split(text))
    if not words:
        return None
    last = words[-1]
    return Phrase(words, is_open and len(last) >= OPEN_FROM and last.isalnum())


def mark(name: str, value: object = "") -> str:
    """Return a word that no text contains: `=out:video` says that a run made a film."""
    return f"={name}:{value}" if value != "" else f"={name}"


def document(marks: Iterable[str], texts: Iterable[str]) -> str:
    """Return the words to index, separated by spaces: marks first, then those of the texts."""
    words = list(marks)
    for text in texts:
        words += [GAP, *split(text[:MOST_CHARS])]
        if len(words) > MOST_WORDS:
            break
    return " ".join(words[:MOST_WORDS])


def holds(clauses: Iterable[Clause], indexed: str) -> bool:
    """Return True if a document matches all clauses, as the databases' indexes decide."""
    words = indexed.split(" ")
    return all(
        any(_occurs(phrase, words) for phrase in clause.phrases) is not clause.is_negated
        for clause in clauses
    )


def _occurs(phrase: Phrase, words: Sequence[str]) -> bool:
    *whole_words, last = phrase.words
    for start in _starts(words, len(phrase.words)):
        end = words[start + len(whole_words)]
        if words[start : start + len(whole_words)] == whole_words and (
            end == last or (phrase.is_open and end.startswith(last))
        ):
            return True
    return False


def _starts(words: Sequence[str], length: int) -> Iterator[int]:
    yield from range(len(words) - length + 1)
