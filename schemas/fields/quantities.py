"""Recognizes fields for durations, sizes and counts."""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

from schemas.fields.field import Field
from schemas.fields.media import words_in
from schemas.numbers import is_number
from schemas.vocabulary import NAMES, WORDS

LONGEST_S, MOST_FPS = 7200.0, 240.0

_FPS = re.compile(rf"(?:^|_)(?:{'|'.join(NAMES['fps'])})$")
_SECONDS = re.compile(r"(\d{1,5}(?:\.\d+)?)\s*(?:s|sec|secs|second|seconds)?", re.IGNORECASE)
_PIXELS = re.compile(r"(\d{2,5})\s*[x*\u00d7]\s*(\d{2,5})", re.IGNORECASE)
_COUNT = re.compile(
    r"(?:num(?:ber)?|n|max|count)(?:_of)?_(?:images|outputs|samples|videos|variations|variants|results|generations|audios|songs)"
    r"|(?:image|output|sample|video)s?_count|batch_size|n|variations"
)


class Range(NamedTuple):
    """A minimum and a maximum; None if the schema does not state it."""

    low: float | None
    high: float | None


def values(field: Field) -> list[Any]:
    """The plain values that a field offers, including those of a union."""
    if field.suggestions:
        return list(field.suggestions)
    own = [option.value for option in field.options if not option.branch]
    return [value for value in own if not isinstance(value, bool)]


def bounds(field: Field) -> Range:
    """The limits of a number field, or of a union's first number alternative."""
    numeric = [
        alternative for alternative in (field, *field.branches) if alternative.traits.is_numeric
    ]
    if not numeric:
        return Range(None, None)
    return Range(numeric[0].minimum, numeric[0].maximum)


def duration_scale(field: Field) -> float | None:
    """Seconds per unit of a duration field (0.001 for milliseconds); None for other fields."""
    words = words_in(field.name)
    other_words = set(words) - WORDS["duration"]
    prose = f"{field.label} {field.help} {field.more}".lower()
    if (
        not WORDS["duration"] & set(words)
        or other_words - WORDS["duration-qualifier"]
        # A `duration` in frames, or a `video_length` whose help says "number of frames".
        or "frame" in prose.split(".")[0]
    ):
        return None
    # The `length` of a list or a text is not a time; that of a film has seconds in its help.
    if words[-1:] == ("length",) and "second" not in prose:
        return None
    if {"ms", "milliseconds"} & set(words) or "millisecond" in prose:
        return 0.001
    return 60.0 if "minutes" in words else 1.0


def is_count(name: str) -> bool:
    """Whether a field of this name sets the number of results of a run."""
    return bool(_COUNT.fullmatch(name.lower()))


def is_rate(name: str) -> bool:
    """Whether a field of this name is a frame rate."""
    return bool(_FPS.search(name.lower()))


def is_frame_count(name: str) -> bool:
    """Whether a field of this name is the number of frames."""
    words = set(words_in(name))
    return bool(WORDS["frame"] & words) and not words - WORDS["frame"] - WORDS["frame-qualifier"]


def is_sized(name: str) -> bool:
    """Whether a field of this name may hold a size in pixels."""
    return bool(WORDS["sized"] & set(words_in(name)))


def pixels(text: str) -> tuple[int, int] | None:
    """The width and height of `1024x768`; None for other texts."""
    match = _PIXELS.fullmatch(text.strip())
    return (int(match[1]), int(match[2])) if match else None


def figure(value: Any) -> float | None:
    """A value as a number; accepts texts such as `5` or `5s`."""
    # kling/v2.1 has "5", others "5s" or "5 seconds".
    if isinstance(value, str) and (match := _SECONDS.fullmatch(value.strip()[:24])):
        return float(match[1])
    return float(value) if is_number(value) and 0 <= value < 1e7 and math.isfinite(value) else None
