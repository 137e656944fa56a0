"""Translates a wish to query words: `ten-second video from two pictures, under a dollar`.

The translation is offered to the user, and used directly only if no text contains the words, since
a sentence may also be part of a name. A wish states at least three conditions. Words without
relevance are dropped; all others remain in the query.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

_TABLE = tomllib.loads(Path(__file__).with_name("phrases.toml").read_text(encoding="utf-8"))
_NUMBERS: dict[str, str] = _TABLE["numbers"]
_NAMED = "|".join(sorted(_NUMBERS, key=len, reverse=True))
_PARTS = _TABLE["parts"] | {"number": rf"(?P<number>\d+(?:[.,]\d+)?|{_NAMED})"}
_FILLERS = frozenset(_TABLE["fillers"].split())
FEWEST = 3  # conditions; a text with fewer is an ordinary search


def _compile(form: str) -> re.Pattern[str]:
    for name, part in _PARTS.items():
        form = form.replace(f"<{name}>", part)
    return re.compile(rf"(?<![^\W_]){form}", re.IGNORECASE)


_PHRASES = [(_compile(form), word) for form, word in _TABLE["phrases"].items()]


def to_query_words(text: str, fewest: int = FEWEST) -> str:
    """Return the wish in query words; empty if the text states fewer conditions."""
    if '"' in text:
        return ""
    found: dict[str, str] = {}  # key → query word; the first of each key
    for form, word in _PHRASES:
        for match in form.finditer(text):
            found.setdefault(word.lstrip("-").partition(":")[0], _filled(word, match))
        text = form.sub(" ", text)
    if len(found) < fewest:
        return ""
    words = (word.strip(".,;:!?()") for word in text.split())
    rest = [word for word in words if word and word.casefold() not in _FILLERS]
    return " ".join([*rest, *found.values()])


def _filled(word: str, match: re.Match[str]) -> str:
    """Return a query word with its placeholder filled in: `price:<{number}` → `price:<0.5`."""
    found = match.groupdict()
    typed = found.get("number") or "0"
    number = _NUMBERS.get(typed.casefold(), typed.replace(",", "."))
    seconds = float(number) * (60 if found.get("minutes") else 1)
    return word.format(
        number=number,
        cents=f"{float(number) / 100:g}",
        seconds=f"{seconds:g}",
        value=found.get("value"),
    )
