"""The validating library within bounded time, exact with decimals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from fractions import Fraction
from itertools import islice
from typing import Any

import regex
from jsonschema import Draft202012Validator, ValidationError, validators

from schemas.bridge import is_number

MAX_STEPS = 60_000  # keywords looked at for one value: about half a second
_PATTERN_S = 0.1
_PATTERN_STEPS = 12_000  # what a pattern that did not end in time counts as

_left: ContextVar[int] = ContextVar("left", default=MAX_STEPS)
Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError] | None]


class TooMuch(Exception):
    """The schema asks for more steps than we take."""


def errors(validator: Any, value: Any, most: int) -> list[ValidationError]:
    """The first errors of a value, as many as are found within the steps we take."""
    found: list[ValidationError] = []
    token = _left.set(MAX_STEPS)
    try:
        found.extend(islice(validator.iter_errors(value), most))
    except TooMuch:
        return found
    finally:
        _left.reset(token)
    return found


def _spend(steps: int) -> None:
    left = _left.get() - steps
    _left.set(left)
    if left < 0:
        raise TooMuch


def _counted(keyword: Keyword) -> Keyword:
    def check(validator: Any, limit: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
        _spend(1)
        yield from keyword(validator, limit, value, schema) or ()

    return check


def _pattern(validator: Any, limit: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(value, str):
        return
    try:
        is_match = regex.search(limit, value, timeout=_PATTERN_S) is not None
    except TimeoutError:
        _spend(_PATTERN_STEPS)
        is_match = True
    if not is_match:
        yield ValidationError("does not match")


def _multiple_of(validator: Any, limit: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    """In the decimal figures that people type; a float may be off by as little as pydantic lets it."""
    if not is_number(value):
        return
    exact, step = Fraction(repr(value)), Fraction(repr(limit))
    is_whole = isinstance(value, int) and isinstance(limit, int)
    if abs(exact - round(exact / step) * step) > (0 if is_whole else abs(exact) / 10**9):
        yield ValidationError("is no multiple")


def _unique(validator: Any, limit: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    if limit and isinstance(value, list):
        seen = {_frozen(item) for item in value}
        if len(seen) < len(value):
            yield ValidationError("has an entry twice")


def _frozen(value: Any) -> Any:
    """A hashable stand-in that is equal where the JSON values are: `1` and `1.0` are, `1` and `true` not."""
    if isinstance(value, dict):
        return "object", frozenset((key, _frozen(item)) for key, item in value.items())
    if isinstance(value, list):
        return "array", tuple(map(_frozen, value))
    return ("boolean", value) if isinstance(value, bool) else value


Limited = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        **{name: _counted(found) for name, found in Draft202012Validator.VALIDATORS.items()},
        "pattern": _counted(_pattern),
        "multipleOf": _counted(_multiple_of),
        "uniqueItems": _counted(_unique),
    },
)
