"""Writes values into arguments at the path of an input, and reads the values there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from schemas.fields import Field, find, paths
from schemas.uses.inputs import ROW, names_in

Result = TypeVar("Result")


def place(root: Field, arguments: dict[str, Any], path: str, value: str) -> dict[str, Any]:
    """The arguments with the value at `path`; does not change the given ones.

    A list gets another row, unless it already contains the value; in a full list the last row is
    replaced.
    """
    new_arguments = _put(root, arguments, names_in(path), value)
    return new_arguments if isinstance(new_arguments, dict) else arguments


def place_all(
    root: Field, arguments: dict[str, Any], path: str, values: Iterable[str]
) -> dict[str, Any]:
    """The arguments with each of the values placed at `path`, in order."""
    for value in values:
        arguments = place(root, arguments, path, value)
    return arguments


def values_at(arguments: Any, path: str) -> list[Any]:
    """The values at a path, one per row; empty if nothing is set."""
    values = paths.values_at(arguments, names_in(path))
    return [value for value in values if value is not None and value != ""]


def most_values(root: Field, path: str) -> int | None:
    """How many values the input at a path takes: 1, or the most rows of its list; None: any."""
    if ROW not in path:
        return 1
    names = names_in(path)
    field = root
    for name in names[: names.index(ROW)]:
        field = find(field, (name,))
    return most_rows(field)


def most_rows(field: Field) -> int | None:
    """The most rows of a list, or of the list among a union's alternatives; None: no limit."""
    lists = [alternative for alternative in (field, *field.branches) if alternative.kind == "list"]
    return lists[0].max_length if lists else None


def as_many_as_fit(
    count: int, room: int | None, attempt: Callable[[int], Result | None]
) -> tuple[int, Result | None]:
    """The largest number of files with which an attempt succeeds, and what it returns.

    It is tried with all files for which there is room (None: any number), then with one fewer, and
    so on; it returns None if the model accepts no such number. Without any success: 0 and None.
    """
    most = count if room is None else min(count, room)
    for number in range(most, 0, -1):
        result = attempt(number)
        if result is not None:
            return number, result
    return 0, None


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
    if any(value in paths.values_at(row, inner_names) for row in rows):
        return rows
    row = _put(find(field, (0,)), None, inner_names, value)
    most = most_rows(field)
    return [*rows[: most - 1], row] if most and len(rows) >= most else [*rows, row]
