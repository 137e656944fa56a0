"""Parses price units: upstream's free text → what is counted, and how many make one unit.

Units seen at upstream: images, megapixels, seconds, videos, video segments, minutes, compute
seconds, generations, requests, units, steps, `1000 characters`, `1000 tokens`, `1M tokens`, models.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

Kind = Literal[
    "run",
    "output",
    "second",
    "compute second",
    "megapixel",
    "frame",
    "step",
    "character",
    "word",
    "token",
    "input",
    "billed",
    "other",
]

_KIND_NOUNS: dict[Kind, str] = {
    "output": (
        "image picture photo video clip film audio song track sound model mesh asset output result "
        "sample generation variation variant speech file"
    ),
    "run": "run request call prediction job task inference execution",
    "second": "second sec s minute min hour hr",
    "megapixel": "megapixel mp mpix pixel",
    "character": "character char letter",
    "step": "step iteration",
    "billed": "unit credit point",
    "frame": "frame",
    "word": "word",
    "token": "token",
}
_KINDS = {noun: kind for kind, nouns in _KIND_NOUNS.items() for noun in nouns.split()}
# If a unit names several kinds, the first of these is counted: `second of video`, `image step`.
_FIRST = ("token", "character", "word", "step", "megapixel", "second", "frame")
_SECONDS = {"minute": 60, "hour": 3600}
_LONG = {"sec": "second", "min": "minute", "hr": "hour"}
_SCALES = {"k": 1000, "thousand": 1000, "m": 10**6, "mn": 10**6, "million": 10**6, "b": 10**9}
_COMPUTE = {"compute", "gpu", "cpu", "machine", "processing", "runtime"}
_COUNTED = re.compile(r"token|char|word|letter")  # kinds priced by the thousand: `4k tokens`
_GPUS = re.compile(r"[abh]\d{2,3}|t4|l40s?|rtx\d*")
_PART = re.compile(
    r"\d+\s*[x×]\s*\d+|[abht]\d{1,3}\b|\d[\d,]*(?:\.\d+)?|[a-z]+", re.ASCII | re.IGNORECASE
)
_LINES = re.compile(r"\b(?:\d{3,4}p|[248]k)\b")
_MEMORY = re.compile(r"(?<!\d)\d++\s*+gb\b")  # of a machine
_INPUT = {"input", "source", "reference", "uploaded"}


class Unit(NamedTuple):
    """The unit of a price: `per` of `kind`, called `noun`.

    `1000 characters` is 1000 of `character`, `minutes` 60 of `second` with the noun `minute`.
    `lines` is the resolution named by the unit. `is_input`: it counts the run's input, not its
    output.
    """

    kind: Kind
    per: Decimal
    noun: str
    lines: str = ""
    is_input: bool = False


@lru_cache(maxsize=512)
def parse_unit(text: str) -> Unit:
    """The unit of a price; kind `other` for unknown words, `run` for an empty text.

    Kind `billed` is a unit that only upstream can count: `units`, `credits`.
    """
    lowered = _MEMORY.sub(" ", text.lower()[:200])
    # "1080p second" names a resolution; "4k tokens" a number.
    line_nouns = [] if _COUNTED.search(lowered) else _LINES.findall(lowered)
    parts = _PART.findall(_LINES.sub(" ", lowered) if line_nouns else lowered)
    words = [_singular(part) for part in parts if part[0].isalpha() and not _GPUS.fullmatch(part)]
    is_input = not _INPUT.isdisjoint(words)
    per = _number(parts) * _scale(parts, words)
    is_compute = not _COMPUTE.isdisjoint(words) or any(map(_GPUS.fullmatch, parts))
    noun = _noun([word for word in words if word not in _SCALES or word in _KINDS])
    kind: Kind = _KINDS.get(noun, "other") if noun else "run"
    if kind == "second":
        noun = _LONG.get(noun, noun)
        per *= _SECONDS.get(noun, 1)
        kind = "compute second" if is_compute else "second"
    elif kind == "megapixel":
        per, noun = (per / 10**6 if noun == "pixel" else per), "megapixel"
    elif kind in {"character", "step"}:
        noun = kind
    elif is_input and kind == "output":
        kind = "input"
    elif kind == "other" and is_compute:
        kind = "billed"
    return Unit(kind, per or Decimal(1), noun or "run", next(iter(line_nouns), ""), is_input)


def _noun(words: list[str]) -> str:
    """The counted word; the last unknown word if there is none, "" without words."""
    nouns = [word for word in words if word in _KINDS]
    for kind in _FIRST:
        if noun := next((word for word in nouns if _KINDS[word] == kind), ""):
            return noun
    # "video segments": upstream does not state their length.
    if "segment" in words:
        return "segment"
    other_words = [word for word in words if word not in _SMALL]
    return nouns[-1] if nouns else (other_words[-1][:40] if other_words else "")


_SMALL = {"per", "of", "a", "an", "the", "each", "for", "in", "and", "or", "to", *_INPUT}


def _singular(word: str) -> str:
    if word in {"s", "secs", "mins", "hrs", "mps", "chars"}:
        return "second" if word == "s" else word[:-1]
    if word == "meshes":
        return "mesh"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _number(parts: list[str]) -> Decimal:
    for part in parts:
        digits = part.replace(",", "")
        if digits.replace(".", "", 1).isdecimal() and len(digits) <= 12:
            return Decimal(digits) or Decimal(1)
    return Decimal(1)


def _scale(parts: list[str], words: list[str]) -> int:
    """The factor of `1k tokens` or `million characters`; `5 m` alone means five metres."""
    if _KINDS.get(_noun(words)) not in {"token", "character", "word"}:
        return 1
    return next((_SCALES[part] for part in parts if part in _SCALES), 1)
