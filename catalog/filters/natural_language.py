"""A wish in plain words as query words: `ten-second video from two pictures, under a dollar`.

It is offered to whoever typed it, and asked only where no text has the words: a sentence may be
about a name as well. A wish names at least three things that a model can be asked for. Words that
say nothing of a model are dropped, all others stay.
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
FEWEST = 3  # things asked for; fewer are a search as any other


def _compile(form: str) -> re.Pattern[str]:
    for name, part in _PARTS.items():
        form = form.replace(f"<{name}>", part)
    return re.compile(rf"(?<![^\W_]){form}", re.IGNORECASE)


_PHRASES = [(_compile(form), word) for form, word in _TABLE["phrases"].items()]


def to_query_words(text: str, fewest: int = FEWEST) -> str:
    """The same wish in query words; empty where the text asks for fewer things."""
    if '"' in text:
        return ""
    found: dict[str, str] = {}  # key → query word: of each the first
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
    """A query word with what was found: `price:<{number}` → `price:<0.5`."""
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
