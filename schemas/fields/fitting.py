"""Finds the alternative of a union that a value belongs to."""

from __future__ import annotations

from typing import Any, assert_never

from schemas.exact import identical, is_form_safe
from schemas.fields.field import MISSING, Field, Option
from schemas.fields.kinds import has_type


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


def is_default_branch(field: Field, number: int, default: Any) -> bool:
    """Whether a union's default belongs to its alternative `number`."""
    option = matching_option(field, default)
    return option is not None and option.branch == number
