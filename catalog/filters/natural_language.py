"""Reads a wish: `ten-second product film from two pictures, under a dollar`.

Its requirements become conditions, written as query words. Its words of content (`product`) decide
which of the matching models come first. Irrelevant words are dropped. A wish of many conditions is
also offered to the user as a query, because a sentence may be part of a name.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

from catalog.filters.operations import Operation, read_request
from schemas.wording.languages import NAMES

_TABLE = tomllib.loads(Path(__file__).with_name("phrases.toml").read_text(encoding="utf-8"))
_NUMBERS: dict[str, str] = _TABLE["numbers"]
_NAMED = "|".join(sorted(_NUMBERS, key=len, reverse=True))
_PARTS = _TABLE["parts"] | {
    "number": rf"(?P<number>\d*[.,]\d+|\d+|(?:{_NAMED})\b)",
    "digits": r"(?P<number>\d*[.,]\d+|\d+)",
    "language": rf"(?P<value>{'|'.join(sorted(NAMES, key=len, reverse=True))})\b",
}
_FILLERS = frozenset(_TABLE["fillers"].split())
_BEST = frozenset(_TABLE["best"].split())
_GRADED = frozenset(_TABLE["graded"].split())
_SHADES = frozenset(_TABLE["shades"].split())
_JOINED = frozenset({"in", "can"})  # keys of which a wish may state several
# Conditions on media and words of content say what these do, and say it better: "product film".
_OF_MEDIA = frozenset(
    {
        "make-a-picture",
        "change-a-picture",
        "film-from-words",
        "animate-a-picture",
        "change-a-film",
        "film-from-sound",
        "speak",
        "music-and-sound",
        "3d-from-words",
        "3d-from-a-picture",
    }
)
_TERMS = ("price:", "license:")
FEWEST = 3  # conditions; a text with fewer is not offered as a query


class Wish(NamedTuple):
    """The requirements of a text as query words, and its words of content.

    `ranking` holds the words that rank: those of content, and those that a requirement expresses
    only roughly, such as languages and `music`, which is one kind of sound. `is_firm`: it requires
    more than media, which texts name as well. `is_graded`: it asks for the best or the fastest.
    `operation` is what it asks models to do, if it is a sentence that says so.
    """

    conditions: tuple[str, ...] = ()
    content: str = ""
    ranking: str = ""
    is_firm: bool = False
    is_graded: bool = False
    operation: Operation | None = None

    def with_operation(self, operation: Operation) -> list[str]:
        """Return the requirements with an operation in place of media, which it implies."""
        return [operation.condition, *filter(operation.adds, self.conditions)]

    @property
    def query_words(self) -> str:
        """The wish as a query."""
        return " ".join(filter(None, [self.content, *self.conditions]))


def _compile(form: str) -> re.Pattern[str]:
    form = re.sub(r"(?<!\?P)<(\w+)>", lambda match: _PARTS[match[1]], form)
    return re.compile(rf"(?<![^\W_]){form}", re.IGNORECASE)


_PHRASES = [(_compile(form), words.split()) for form, words in _TABLE["phrases"].items()]


def read_wish(text: str) -> Wish:
    """Return what a text asks for; a text with quotes has no requirements."""
    if '"' in text:
        return Wish(content=text)
    by_key: dict[str, str] = {}  # key → query word; the first of each key
    remaining_text = text
    for form, words in _PHRASES:
        for match in form.finditer(remaining_text):
            for word in words:
                key = word.lstrip("-").partition(":")[0]
                by_key.setdefault(word if key in _JOINED else key, _filled(word, match))
        remaining_text = form.sub(_kept, remaining_text)
    all_words, remaining_words = _bare_words(text), _bare_words(remaining_text)
    content = [word for word in remaining_words if word.casefold() not in _FILLERS | _BEST]
    covered = (_SHADES if by_key.get("out") == "out:audio" else frozenset()) | (
        NAMES if "language" in by_key else frozenset()
    )
    shades = [word for word in all_words if word.casefold() in covered and word not in content]
    # Every key stroke of a search reads a wish; two words are hardly a sentence.
    request = read_request(text) if len(all_words) >= FEWEST else None
    is_sentence = request and request.is_said and request.operation.slug not in _OF_MEDIA
    return Wish(
        operation=request.operation if request and is_sentence else None,
        conditions=tuple(by_key.values()),
        content=" ".join(content),
        ranking=" ".join([*content, *shades]),
        is_firm=any(map(_is_firm, by_key.values())),
        is_graded=any(word.casefold() in _BEST | _GRADED for word in all_words),
    )


def without_terms(text: str) -> str:
    """Return a wish without its price and licence: `a fox` of `a fox, for commercial use`.

    They would mislead a model, to which all else says how the result should be.
    """
    for form, words in () if '"' in text else _PHRASES:
        if words and all(word.startswith(_TERMS) for word in words):
            text = form.sub(_kept, text)
    return " ".join(text.split()).strip(" ,;.")


def _bare_words(text: str) -> list[str]:
    words = (word.strip(".,;:!?()") for word in text.split())
    return [word for word in words if word]


def _is_firm(word: str) -> bool:
    """Whether a query word requires more than a medium: an ability, a figure, a second picture."""
    key, _, value = word.partition(":")
    return key not in {"in", "out", "category"} or value.endswith("s")


def _kept(match: re.Match[str]) -> str:
    """Return the part of a matched phrase that stays in the text: its group `kept`."""
    return f" {match.groupdict().get('kept') or ''} "


def _filled(word: str, match: re.Match[str]) -> str:
    """Return a query word with its placeholder filled in: `price:<{number}` → `price:<0.5`."""
    groups = match.groupdict()
    number, end = (_figure(groups.get(name)) for name in ("number", "end"))
    scale = 60 if groups.get("minutes") else 1
    return word.format(
        number=number,
        cents=f"{float(number) / 100:g}",
        seconds=f"{float(number) * scale:g}",
        end=f"{float(end) * scale:g}",
        value=(groups.get("value") or "").casefold(),
    )


def _figure(number_word: str | None) -> str:
    number = _NUMBERS.get((number_word or "0").casefold(), number_word or "0").replace(",", ".")
    return f"0{number}" if number.startswith(".") else number
