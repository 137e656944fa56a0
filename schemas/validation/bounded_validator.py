"""The jsonschema validator with bounded running time and exact decimal arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from fractions import Fraction
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators

from schemas.numbers import is_number

MAX_STEPS = 60_000  # keyword checks per value, about half a second
_PATTERN_S = 0.1
_PATTERN_STEPS = 12_000  # cost of a pattern that timed out

_steps_left: ContextVar[int] = ContextVar("left", default=MAX_STEPS)
Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError] | None]


class StepLimitReached(Exception):
    """Validation exceeded MAX_STEPS."""


def errors(validator: Any, value: Any, max_errors: int) -> list[ValidationError]:
    """The first `max_errors` errors of a value; fewer if MAX_STEPS is reached first."""
    found_errors: list[ValidationError] = []
    token = _steps_left.set(MAX_STEPS)
    try:
        found_errors.extend(islice(validator.iter_errors(value), max_errors))
    except StepLimitReached:
        return found_errors
    finally:
        _steps_left.reset(token)
    return found_errors


def _use_steps(steps: int) -> None:
    steps_left = _steps_left.get() - steps
    _steps_left.set(steps_left)
    if steps_left < 0:
        raise StepLimitReached


def _with_step_limit(keyword: Keyword) -> Keyword:
    def check(validator: Any, limit: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
        _use_steps(1)
        yield from keyword(validator, limit, value, schema) or ()

    return check


def _pattern(validator: Any, limit: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(value, str):
        return
    import regex  # 1 MB that few schemas need

    try:
        is_match = regex.search(limit, value, timeout=_PATTERN_S) is not None
    except TimeoutError:
        _use_steps(_PATTERN_STEPS)
        is_match = True
    if not is_match:
        yield ValidationError("does not match")


def _multiple_of(validator: Any, limit: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    """Compares the decimal numbers as typed; floats have pydantic's tolerance of 1e-9."""
    if not is_number(value):
        return
    exact, step = Fraction(repr(value)), Fraction(repr(limit))
    is_whole = isinstance(value, int) and isinstance(limit, int)
    if abs(exact - round(exact / step) * step) > (0 if is_whole else abs(exact) / 10**9):
        yield ValidationError("is no multiple")


def _unique(validator: Any, limit: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    if limit and isinstance(value, list):
        seen = {_hashable(item) for item in value}
        if len(seen) < len(value):
            yield ValidationError("has an entry twice")


def _hashable(value: Any) -> Any:
    """A hashable key, equal for equal JSON values: `1` equals `1.0`, but not `true`."""
    if isinstance(value, dict):
        return "object", frozenset((key, _hashable(item)) for key, item in value.items())
    if isinstance(value, list):
        return "array", tuple(map(_hashable, value))
    return ("boolean", value) if isinstance(value, bool) else value


BoundedValidator = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        **{
            name: _with_step_limit(check) for name, check in Draft202012Validator.VALIDATORS.items()
        },
        "pattern": _with_step_limit(_pattern),
        "multipleOf": _with_step_limit(_multiple_of),
        "uniqueItems": _with_step_limit(_unique),
    },
)
