"""The place in a picture, film or sound that a comment points to: from forms, and in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.refusals import Refused

if TYPE_CHECKING:
    from features.sharing.models import Comment

THOUSANDTHS = 1000
LONGEST_MS = 24 * 60 * 60 * 1000
_TIME = re.compile(r"(?:(?:(\d{1,2}):)?(\d{1,4}):)?(\d{1,5})(?:[.,](\d{1,6}))?\s*s?")
BAD_TIME = "Write a time as 0:03.2 or 3.2."
BAD_POINT = "Write its distance from the left and from the top, from 0 to 100."
BAD_REGION = "Write its width and its height, from 1 to 100."


@dataclass(frozen=True)
class Place:
    """A point or region in thousandths of width and height, a moment or span in ms; None: all."""

    x: int | None = None
    y: int | None = None
    width: int | None = None
    height: int | None = None
    from_ms: int | None = None
    to_ms: int | None = None


def read_place(form: Mapping[str, str]) -> Place:
    """Return the place that a form names: `x`, `y`, `width`, `height` in per cent, `at` and `to`.

    A region is cut off at the edges, and one without an extent is a point. Empty fields are
    ignored. Raises Refused for invalid values.
    """
    x, y = _per_cent(form.get("x", ""), "x"), _per_cent(form.get("y", ""), "y")
    if (x is None) != (y is None):
        raise Refused(BAD_POINT, "x" if x is None else "y")
    width, height = (_per_cent(form.get(name, ""), name) for name in ("width", "height"))
    if (width is None) != (height is None) or (width is not None and x is None):
        raise Refused(BAD_REGION, "width" if width is None else "height")
    if x is not None and y is not None and width and height:
        width, height = min(width, THOUSANDTHS - x), min(height, THOUSANDTHS - y)
    if not (width and height):
        width = height = None
    begin, end = _time(form.get("at", ""), "at"), _time(form.get("to", ""), "to")
    if begin is None and end is not None:
        raise Refused(BAD_TIME, "at")
    if begin is not None and end is not None and end < begin:
        begin, end = end, begin
    return Place(x, y, width, height, begin, None if end == begin else end)


def time_in_words(ms: int) -> str:
    """Return a time as players show it: `0:03.2`, `1:02:03`."""
    seconds, milliseconds = divmod(ms, 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    fraction = f".{milliseconds:03d}".rstrip("0") if milliseconds else ""
    clock = f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
    return f"{clock}{fraction}"


def place_in_words(place: Place) -> str:
    """Return the moment or span as text; empty for none."""
    if place.from_ms is None:
        return ""
    begin = time_in_words(place.from_ms)
    return begin if place.to_ms is None else f"{begin} \u2013 {time_in_words(place.to_ms)}"


def moment_of(comment: Comment) -> str:
    """Return the moment or span that a comment points to, as text; empty for none."""
    return place_in_words(Place(from_ms=comment.from_ms, to_ms=comment.to_ms))


def _per_cent(text: str, field: str) -> int | None:
    text = text.strip().replace(",", ".")
    if not text:
        return None
    try:
        value = round(float(text) * THOUSANDTHS / 100)
    except (ValueError, OverflowError):
        raise Refused(BAD_POINT, field) from None
    if not 0 <= value <= THOUSANDTHS:
        raise Refused(BAD_POINT, field)
    return value


def _time(text: str, field: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    match = _TIME.fullmatch(text)
    if match is None:
        raise Refused(BAD_TIME, field)
    hours, minutes, seconds, fraction = match.groups()
    whole_seconds = (int(hours or 0) * 60 + int(minutes or 0)) * 60 + int(seconds)
    ms = whole_seconds * 1000 + int((fraction or "").ljust(3, "0")[:3])
    if ms > LONGEST_MS:
        raise Refused(BAD_TIME, field)
    return ms
