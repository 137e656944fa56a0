"""Numbers of JSON, and as people type them: exactly, but no NaN and no infinity."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeGuard

PATTERN = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?"
MAX_DIGITS = 4000  # Python writes at most 4300
_MAX_CHARS = 2 * MAX_DIGITS
_NUMBER = re.compile(PATTERN)
_PLAIN = re.compile(r"[+-]?[0-9]+")


class NotANumber(ValueError):
    """A text is not a number of the wanted kind; the message completes "<label> …"."""


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a value is a JSON number; Python counts booleans as integers."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def read_number(text: str, *, is_whole: bool = False) -> int | float:
    """Return the number in a text; a whole one may be written as `1e3` or `20.0`."""
    number = _exact(text, is_whole=is_whole)
    if _PLAIN.fullmatch(text):
        return _whole(number)
    value = float(text)
    if not math.isfinite(value):
        raise NotANumber("is too large a number")
    return _whole(number) if is_whole else value


def read_exactly(text: str) -> Fraction:
    """Return a number for calculations that must not round."""
    number = _exact(text)
    if abs(number.adjusted()) > MAX_DIGITS and number:
        raise NotANumber("is too large a number")
    return Fraction(number)


def as_json(number: Fraction) -> int | float:
    """Return the equal JSON number, or the nearest one if a float has too few digits."""
    return number.numerator if number.denominator == 1 else float(number)


def _exact(text: str, *, is_whole: bool = False) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise NotANumber("must be a whole number" if is_whole else "must be a number")
    if len(text) > _MAX_CHARS:
        raise NotANumber("is too large a number")
    return Decimal(text)


def _whole(number: Decimal) -> int:
    if not number:
        return 0
    if number.adjusted() >= MAX_DIGITS:
        raise NotANumber("is too large a number")
    whole_number = int(number)
    if whole_number != number:
        raise NotANumber("must be a whole number")
    return whole_number
