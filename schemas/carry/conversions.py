"""Converts values to another notation: durations, sizes and aspect ratios, files as lists."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeGuard

from schemas.fields import Field, hints
from schemas.fields.quantities import duration_scale
from schemas.meanings import SIDES, takes_sides
from schemas.numbers import is_number

_SECONDS = re.compile(
    r"\s*+(\d{1,6}(?:\.\d+)?)\s*+(ms|s|sec|secs|seconds?|m|min|minutes?)?\s*", re.IGNORECASE
)
_LONGEST_S = 7200.0
_USUAL_AREA = 1024 * 1024
_GRID = 8  # sides are rounded to multiples of this, which most models require
_NAMED_RATIOS = {"square": (1, 1), "portrait": (3, 4), "landscape": (4, 3)}


class Shape(NamedTuple):
    """A width and a height in pixels, or only their ratio."""

    width: float
    height: float
    is_pixels: bool

    @property
    def label(self) -> str:
        """Width and height in pixels, or the ratio as `16:9`."""
        sign = f" {hints.TIMES} " if self.is_pixels else ":"
        return f"{self.width:g}{sign}{self.height:g}"

    def distance(self, other: Shape) -> float:
        """The distance between the two ratios; 0 if equal."""
        return abs(math.log((self.width * other.height) / (self.height * other.width)))


def read_shape(value: Any) -> Shape | None:
    """The shape that a size, preset or ratio describes; None for others, such as `auto`."""
    if isinstance(value, dict):
        width, height = (value.get(name) for name in SIDES)
        return Shape(width, height, True) if _is_side(width) and _is_side(height) else None
    if not isinstance(value, str):
        return None
    text = value.strip().lower()
    pair = hints.size(text) or _NAMED_RATIOS.get(text)
    if pair is None:
        return None
    return Shape(*pair, text in hints.PRESETS or min(pair) >= 64)


def _is_side(value: Any) -> TypeGuard[float]:
    return is_number(value) and 0 < value < 1e6


def shapes_for(field: Field, goal: Shape) -> Iterator[Any]:
    """Values of a size or ratio field for a shape: the exact ones first, then the nearest."""
    offered = [
        (option.value, shape)
        for option in _options(field)
        if (shape := read_shape(option.value)) is not None
    ]
    if goal.is_pixels:
        yield from (value for value, shape in offered if shape == goal)
        if takes_sides(field):
            yield {"width": int(goal.width), "height": int(goal.height)}
            yield dict(zip(SIDES, on_grid(goal), strict=True))
    ranked = sorted(
        offered, key=lambda option: (round(goal.distance(option[1]), 3), -_area(option[1]))
    )
    yield from (value for value, _ in ranked)
    if takes_sides(field):
        yield dict(zip(SIDES, on_grid(goal), strict=True))
    if not offered and field.kind == "string":
        width, height = on_grid(goal)
        yield f"{goal.width:g}:{goal.height:g}" if not goal.is_pixels else f"{width}x{height}"


def _options(field: Field) -> Iterator[Any]:
    yield from field.options
    for branch in field.branches:
        yield from branch.options


def _area(shape: Shape) -> float:
    return shape.width * shape.height if shape.is_pixels else 0


def on_grid(shape: Shape, area: float = _USUAL_AREA) -> tuple[int, int]:
    """A shape in pixels, rounded to multiples of 8; a ratio gets about `area` pixels."""
    scale = 1.0 if shape.is_pixels else math.sqrt(area / (shape.width * shape.height))
    width, height = (
        max(_GRID, round(side * scale / _GRID) * _GRID) for side in (shape.width, shape.height)
    )
    return width, height


def read_seconds(field: Field | None, value: Any) -> float | None:
    """The seconds that a duration describes; None for others, such as `auto`."""
    unit = 1.0
    if isinstance(value, str):
        match = _SECONDS.fullmatch(value)
        if not match:
            return None
        value, unit_name = float(match[1]), (match[2] or "").lower()
        if unit_name:
            unit = 0.001 if unit_name == "ms" else 60.0 if unit_name.startswith("m") else 1.0
            return _sane(value * unit)
    if not is_number(value):
        return None
    return _sane(float(value) * _scale(field))


def _sane(seconds: float) -> float | None:
    return seconds if 0 < seconds <= _LONGEST_S else None


def _scale(field: Field | None) -> float:
    """The seconds of one unit of a duration field."""
    return (field and duration_scale(field)) or 1.0


def durations_for(field: Field, seconds: float) -> Iterator[Any]:
    """Values of a duration field for a number of seconds: exact ones first, then the nearest."""
    offered = [
        (abs(length - seconds), option.value)
        for option in _options(field)
        if (length := read_seconds(field, option.value)) is not None
    ]
    yield from (value for _, value in sorted(offered, key=lambda option: option[0]))
    amount = seconds / _scale(field)
    number = int(amount) if float(amount).is_integer() else round(amount, 3)
    yield number
    yield round(number)
    yield f"{number:g}"
    yield f"{number:g}s"


def frames_for(field: Field, seconds: float, rate: float) -> Iterator[int]:
    """Frame counts for a number of seconds. An odd default (81: 5 s and a first frame) adds one."""
    frames = round(seconds * rate)
    usual = field.default if isinstance(field.default, int) else 0
    yield frames + 1 if usual % 2 else frames
    yield frames


def files_for(field: Field, value: Any) -> Any:
    """A file or a list of files, as the field requires."""
    files = value if isinstance(value, list) else [value]
    return files if field.kind == "list" else (files or [None])[0]
