"""JSON paths: the values and the labels there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schemas.fields.field import MISSING, Field, find
from schemas.wording.labels import label

Path = tuple[str | int, ...]
APPEND = "*"  # in a path: the row after the last one
_ROWS = {"*", "[]"}  # in a path of names: every row of a list or map


def label_at(root: Field, path: Path) -> str:
    """Return the form's label for the value at a path; made from its key if the schema has none."""
    if not path:
        return "The input"
    field, part = find(root, path), path[-1]
    if field.name == str(part):
        return field.label
    return f"Item {part + 1}" if isinstance(part, int) else label(part) or "The value"


def value_at(value: Any, path: Path) -> Any:
    """Return the value at a path of a JSON value; MISSING if there is none."""
    for part in path:
        if isinstance(value, dict) and str(part) in value:
            value = value[str(part)]
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return MISSING
    return value


def values_at(value: Any, names: Sequence[str]) -> list[Any]:
    """Return the values at a path of names; `*` or `[]` means each row of a list or map."""
    values = [value]
    for name in names:
        if name in _ROWS:
            values = [row for value in values for row in _rows(value)]
        else:
            values = [value[name] for value in values if isinstance(value, dict) and name in value]
    return values


def _rows(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value.values()]
    return value if isinstance(value, list) else []


def with_value(value: Any, path: Path, new: Any) -> Any:
    """Return a copy of a JSON value with `new` at a path.

    A number is an existing position in a list, or the next one; `"*"` appends.
    """
    if not path:
        return new
    part, *rest = path
    if isinstance(part, str) and part != APPEND:
        members = dict(value) if isinstance(value, dict) else {}
        members[part] = with_value(members.get(part), tuple(rest), new)
        return members
    rows = list(value) if isinstance(value, list) else []
    if isinstance(part, int) and part < len(rows):
        rows[part] = with_value(rows[part], tuple(rest), new)
        return rows
    return [*rows, with_value(None, tuple(rest), new)]


def without(value: Any, path: Path) -> Any:
    """Return a JSON value without the value at a path."""
    part, *rest = path
    if isinstance(value, dict) and part in value:
        if not rest:
            return {key: below for key, below in value.items() if key != part}
        return value | {part: without(value[part], tuple(rest))}
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        below = [] if not rest else [without(value[part], tuple(rest))]
        return [*value[:part], *below, *value[part + 1 :]]
    return value
