"""Marks search terms in texts with `<mark>`; everything else is escaped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from catalog.search import spelling
from catalog.search.matching import QueryMatches
from catalog.search.tokenizer import tokenize
from core.formatting import shorten

_GLUED_FROM = 5
_LEAD = 24  # characters of a description kept before its first mark when it is cut


@dataclass(frozen=True)
class Highlighter:
    """The search terms to mark in names, ids and descriptions."""

    pattern: re.Pattern[str]

    def in_text(self, text: str) -> SafeString:
        """Return the text as safe HTML with marks."""
        marks = self.pattern.finditer(_normalized(text))
        ends = [0, *(end for match in marks for end in match.span()), len(text)]
        pieces: list[str] = [escape(text[start:end]) for start, end in pairwise(ends)]
        pieces[1::2] = [f"<mark>{piece}</mark>" for piece in pieces[1::2]]
        return mark_safe("".join(pieces))  # noqa: S308  all escaped

    def in_excerpt(self, text: str, length: int) -> SafeString:
        """Return at most `length` characters of the text, around its first mark."""
        match = self.pattern.search(_normalized(text))
        if len(text) <= length:
            return self.in_text(text)
        start = 0
        if match and match.end() > length - 1:
            start = max(match.start() - _LEAD, 0)
            start = text.find(" ", start, match.start()) + 1 or start
        cut = shorten(text[start:], length)
        return mark_safe(("…" if start else "") + self.in_text(cut))  # noqa: S308  all escaped


def _normalized(text: str) -> str:
    """Normalize like queries, `Über` to `uber`; unchanged if the length would change."""
    bare = spelling.normalize(text)
    return bare if len(bare) == len(text) else text


def highlighter(matches: QueryMatches | None) -> Highlighter | None:
    """Return a highlighter for an answer's words; None for a query without words."""
    if matches is None:
        return None
    tokens = [token for text in matches.used for token in tokenize(text)]
    ways = [way for token in tokens for way in _spelling_patterns(token.text, token.words)]
    ways += [_separator_pattern(way) for way in matches.alike if ":" not in way]
    if not ways:
        return None
    longest_first = sorted(dict.fromkeys(ways), key=len, reverse=True)
    return Highlighter(re.compile(rf"(?<![^\W_])({'|'.join(longest_first)})", re.IGNORECASE))


def _spelling_patterns(text: str, words: tuple[str, ...]) -> list[str]:
    """Return the spellings in which a typed word may occur in a text, as patterns."""
    number = spelling.version(text) or (text if text.isdecimal() else "")
    if number:
        return [rf"v?{r'[.,]?'.join(number.split('.'))}(?!\d)"]
    patterns = [r"[\W_]+".join(map(re.escape, words))]
    if len(words) == 1 and len(text) > 3:
        patterns.append(re.escape(spelling.stem(words[0])))
    apart = spelling.parts(text)
    if len(apart) > 1:
        patterns.append(r"[\W_]*".join(r"[.,]?".join(part.split(".")) for part in apart))
        patterns += [re.escape(part) for part in apart if len(part) > 2 and part.isalpha()]
    elif len(words[0]) >= _GLUED_FROM and text.isalpha():
        patterns.append(r"[\W_]?".join(text))
    return patterns


def _separator_pattern(way: str) -> str:
    pattern = r"[\W_]+".join(map(re.escape, spelling.split_words(way)))
    return pattern if way.endswith("*") else rf"{pattern}(?![^\W_])"
