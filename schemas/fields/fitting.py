"""Finds the alternative of a union that a value belongs to."""

from __future__ import annotations

from typing import Any, assert_never

from schemas.exact import dumps, identical, is_form_safe
from schemas.fields.field import MISSING, Field, Option
from schemas.fields.kinds import has_type
from schemas.numbers import NotANumber, read_number


def matching_option(field: Field, value: Any) -> Option | None:
    """The option that a value belongs to: an equal plain option, else the best branch."""
    for option in field.options:
        if not option.branch and identical(option.value, value):
            return option
    scored = [
        (_score(field.branches[option.branch - 1], value), option)
        for option in field.options
        if option.branch
    ]
    best = max((score for score, _ in scored), default=0)
    return next((option for score, option in scored if score == best > 0), None)


def _score(field: Field, value: Any) -> int:
    """How well a value matches a branch; 0: not at all."""
    if value is MISSING or value is None:
        return 0
    match field.kind:
        case "json":
            return 1
        case "union":
            return 5 if matching_option(field, value) else 0
        case "choice":
            return 30 if any(identical(option.value, value) for option in field.options) else 0
        case "boolean" | "integer" | "number" | "string":
            return 10 if has_type(field.kind, value) else 0
        case "object":
            return _score_object(field, value) if isinstance(value, dict) else 0
        case "tuple" if isinstance(value, list):
            return 7 if len(value) == len(field.children) and accepts(field, value) else 1
        case "map" if isinstance(value, dict) and field.item:
            return 10 if all(accepts(field.item, item) for item in value.values()) else 1
        case "list" if isinstance(value, list) and field.item:
            return 6 + min((_score(field.item, item) for item in value), default=4)
        case "tuple" | "map" | "list":
            return 10 if has_type(field.kind, value) else 0
        case unknown:
            assert_never(unknown)


def _score_object(field: Field, value: dict[str, Any]) -> int:
    names = {child.name for child in field.children}
    required_names = {child.name for child in field.children if child.is_required}
    # A tag, such as `type: "image"` of a discriminated union, decides more than any number of
    # shared names; a wrong one rules the alternative out.
    tags = sum(
        2 if any(identical(o.value, value[c.name]) for o in c.options) else -8
        for c in field.children
        if c.kind == "choice" and c.name in value
    )
    lacking = len(required_names - value.keys())
    amiss = sum(c.name in value and not accepts(c, value[c.name]) for c in field.children)
    return max(2, 20 + 4 * len(names & value.keys()) + tags - 12 * lacking - 4 * amiss)


def accepts(field: Field, value: Any) -> bool:
    """Whether a field's controls can show a default; an unsuitable default is ignored."""
    if value is MISSING or value is None:
        return True
    if not has_type(field.kind, value):
        return False
    match field.kind:
        case "object":
            return all(accepts(c, value[c.name]) for c in field.children if c.name in value)
        case "tuple":
            return len(value) <= len(field.children) and all(map(accepts, field.children, value))
        case "union":
            option = matching_option(field, value)
            if option is None:
                return False
            return not option.branch or accepts(field.branches[option.branch - 1], value)
        case "choice":
            return any(identical(option.value, value) for option in field.options)
        case "string":
            return is_form_safe(value.replace("\r", "\n"))
        case "list" | "map" | "boolean" | "integer" | "number" | "json":
            return True
        case unknown:
            assert_never(unknown)


def in_kind(field: Field, default: Any) -> Any:
    """A default in its field's type: documents write 5 for "5", "true" for true, "Auto" for "auto".

    Unchanged if it does not mean a value of the field.
    """
    if default is MISSING or default is None:
        return default
    match field.kind:
        case "choice" | "union":
            values = [option.value for option in field.options if not option.branch]
            same = (value for value in values if _spelling(value) == _spelling(default))
            is_fitting = matching_option(field, default) is not None
            return default if is_fitting else next(same, default)
        case "list" if isinstance(default, list) and field.item:
            return [in_kind(field.item, value) for value in default]
        case "object" if isinstance(default, dict):
            kinds = {child.name: child for child in field.children}
            return {k: in_kind(kinds[k], v) if k in kinds else v for k, v in default.items()}
        case "integer" | "number" if isinstance(default, str) or field.kind == "integer":
            try:
                return read_number(_spelling(default), is_whole=field.kind == "integer")
            except NotANumber:
                return default
        case "string" if isinstance(default, int | float):
            return _spelling(default)
        case "boolean":
            return {"true": True, "false": False}.get(_spelling(default), default)
        case _:
            return default


def _spelling(value: Any) -> str:
    """A value as a document would write it as a text."""
    if isinstance(value, str):
        return value.strip().casefold()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return dumps(value, indent=None)


def is_within_limits(field: Field, value: Any) -> bool:
    """Whether a default keeps the limits of its own schema."""
    if field.traits.is_numeric and has_type(field.kind, value):
        least, most = field.minimum, field.maximum
        is_high = least is None or value > least or (value == least and not field.is_minimum_open)
        is_low = most is None or value < most or (value == most and not field.is_maximum_open)
        return is_high and is_low
    if isinstance(value, str | list):
        shortest, longest = field.min_length or 0, field.max_length
        return shortest <= len(value) and (longest is None or len(value) <= longest)
    return True


def is_default_branch(field: Field, number: int, default: Any) -> bool:
    """Whether a union's default belongs to its alternative `number`."""
    option = matching_option(field, default)
    return option is not None and option.branch == number
