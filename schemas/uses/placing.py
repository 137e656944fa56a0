"""Writes a value into arguments at the path of an input, and reads the values there."""

from __future__ import annotations

from typing import Any

from schemas.fields import Field, find
from schemas.uses.inputs import ROW, names_in


def place(root: Field, arguments: dict[str, Any], path: str, value: str) -> dict[str, Any]:
    """The arguments with the value at `path`; does not change the given ones.

    A list gets another row, unless it already contains the value; in a full list the last row is
    replaced.
    """
    new_arguments = _put(root, arguments, names_in(path), value)
    return new_arguments if isinstance(new_arguments, dict) else arguments


def values_at(arguments: Any, path: str) -> list[Any]:
    """The values at a path, one per row; empty if nothing is set."""
    values = [arguments]
    for name in names_in(path):
        if name == ROW:
            values = [item for value in values if isinstance(value, list) for item in value]
        else:
            values = [value[name] for value in values if isinstance(value, dict) and name in value]
    return [value for value in values if value is not None and value != ""]


def _put(field: Field, now: Any, names: list[str], value: str) -> Any:
    if not names:
        return value
    name, *inner_names = names
    if name == ROW:
        return _put_row(field, now if isinstance(now, list) else [], inner_names, value)
    members = dict(now) if isinstance(now, dict) else {}
    members[name] = _put(find(field, (name,)), members.get(name), inner_names, value)
    return members


def _put_row(field: Field, rows: list[Any], inner_names: list[str], value: str) -> list[Any]:
    if any(value in _at(row, inner_names) for row in rows):
        return rows
    row = _put(find(field, (0,)), None, inner_names, value)
    most = _most_rows(field)
    return [*rows[: most - 1], row] if most and len(rows) >= most else [*rows, row]


def _at(row: Any, names: list[str]) -> list[Any]:
    if not names:
        return [row]
    if names[0] == ROW:
        return (
            [value for item in row for value in _at(item, names[1:])]
            if isinstance(row, list)
            else []
        )
    return _at(row[names[0]], names[1:]) if isinstance(row, dict) and names[0] in row else []


def _most_rows(field: Field) -> int:
    """The most rows of a list, or of the list among a union's alternatives; 0: no limit."""
    lists = [alternative for alternative in (field, *field.branches) if alternative.kind == "list"]
    return (lists[0].max_length or 0) if lists else 0
