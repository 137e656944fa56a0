"""Migrates arguments to a newer version of a schema, and lists what did not fit.

Nothing is guessed: removed fields are left out, renamed and moved fields keep their values, numbers
become the nearest limit, removed choices the default. Without an obvious fix a value stays.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from schemas.changes import diff_lines
from schemas.changes.diff import diff_contracts
from schemas.changes.diff_lines import Line, dotted
from schemas.exact import identical
from schemas.fields import MISSING, Field, find
from schemas.fields.paths import value_at, values_at
from schemas.form.decode import Path, Problem
from schemas.numbers import is_number
from schemas.validation import Version

_MAX_ROUNDS = 4  # one fix may reveal the next misfit
_MAX_PER_ROUND = 12  # misfits fixed per round, as each attempt validates everything
_LEFT_OUT = "left out"


@dataclass(frozen=True)
class Misfit:
    """One setting that does not fit: its path, the reason, and the fix (empty: none)."""

    field: str
    reason: str
    repair: str = ""


@dataclass(frozen=True)
class MigrationResult:
    """The migrated arguments, and every misfit that was found."""

    arguments: dict[str, Any]
    misfits: list[Misfit]
    wrong: frozenset[str] = frozenset()  # fields whose values fit no known version

    @property
    def is_mendable(self) -> bool:
        """Whether any misfit has a fix."""
        return any(misfit.repair for misfit in self.misfits)


def migrate(before: Version | None, now: Version, arguments: dict[str, Any]) -> MigrationResult:
    """Migrates arguments from version `before` (None: unknown) to version `now`.

    A missing required field is not a misfit: saved settings may be incomplete.
    """
    mended = copy.deepcopy(arguments)
    misfits = list(_apply_diff(before, now, mended))
    for _ in range(_MAX_ROUNDS):
        firsts: dict[Path, Problem] = {}  # fixing one problem of a path may fix the others
        for problem in now.present_problems(mended):
            firsts.setdefault(problem.path, problem)
        fixed = [
            fix
            for problem in [*firsts.values()][:_MAX_PER_ROUND]
            if (fix := _fix(now, mended, problem))
        ]
        misfits += fixed
        if not fixed:
            break
    misfits += [_misfit(now, mended, problem) for problem in now.present_problems(mended)]
    return MigrationResult(mended, list(dict.fromkeys(misfits)))


def wrong_fields(version: Version, arguments: dict[str, Any]) -> frozenset[str]:
    """The fields whose values did not fit the version that they were made for."""
    known_names = {child.name for child in version.root.children}
    is_open = version.root.rest is not None or not known_names
    unknown = (
        set() if is_open else {dotted((name,)) for name in arguments if name not in known_names}
    )
    paths = (tuple(map(str, problem.path)) for problem in version.present_problems(arguments))
    return frozenset(unknown | {dotted(path) for path in paths})


def _apply_diff(before: Version | None, now: Version, mended: dict[str, Any]) -> Iterator[Misfit]:
    """Applies renames, moves and removals to the arguments in place."""
    if before is None:
        yield from _drop_unknown(now, mended)
        return
    changes = diff_contracts(before.contract, now.contract)
    lines = [line for line in changes if line.side == "input"]
    for kind in ("moved", "renamed", "removed"):  # fields leave a group before it is removed
        for line in (line for line in lines if line.kind == kind):
            if kind == "moved":
                repairs = _move(mended, line)
            else:
                repairs = [_rename(now, holder, line) for holder in _holders(mended, line)]
            if repairs:
                yield Misfit(line.field, line.said, repairs[0])


def _drop_unknown(now: Version, mended: dict[str, Any]) -> Iterator[Misfit]:
    """Removes keys that the schema neither defines nor allows."""
    if now.root.rest is not None or not now.root.children:
        return
    known_names = {child.name for child in now.root.children}
    for name in [name for name in mended if name not in known_names]:
        del mended[name]
        yield Misfit(dotted((name,)), "is not in the model's schema", _LEFT_OUT)


def _rename(now: Version, holder: dict[str, Any], line: Line) -> str:
    """Renames or removes one value in its object; returns what was done."""
    name = line.path[-1]
    value = holder.pop(name)
    if line.kind == "removed" or line.to[-1] in holder:
        return _LEFT_OUT
    target = find(now.root, line.to)
    if target.kind == "list" and not isinstance(value, list):
        value = [value]
    holder[line.to[-1]] = value
    return f"renamed to {dotted(line.to)}"


def _move(mended: dict[str, Any], line: Line) -> list[str]:
    """Moves a value to its new path, between plain groups only."""
    source = next(iter(_holders(mended, line)), None)
    name, target = line.path[-1], mended
    if source is None:
        return []
    for part in line.to[:-1]:
        inner = target.setdefault(part, {})
        if not isinstance(inner, dict):
            return []
        target = inner
    target.setdefault(line.to[-1], source.pop(name))
    return [f"moved to {dotted(line.to)}"]


def _holders(mended: dict[str, Any], line: Line) -> list[dict[str, Any]]:
    """The objects that have the value that a change is about."""
    *outer_names, name = line.path
    holders = values_at(mended, outer_names)
    return [holder for holder in holders if isinstance(holder, dict) and name in holder]


def _fix(now: Version, mended: dict[str, Any], problem: Problem) -> Misfit | None:
    """Fixes one problem in place; None, with nothing changed, if there is no obvious fix."""
    holder = value_at(mended, problem.path[:-1])
    key = problem.path[-1]
    try:
        value = holder[key]
    except (KeyError, IndexError, TypeError):
        return None  # a value is missing
    misfit = _misfit(now, mended, problem)
    field = find(now.root, problem.path)
    is_known = field.name == str(key) or isinstance(key, int)
    for candidate, words in _candidates(field if is_known else None, value):
        is_gone = candidate is MISSING
        if is_gone and not isinstance(holder, dict):
            continue
        if is_gone:
            del holder[key]
        else:
            holder[key] = candidate
        if not any(remaining.path == problem.path for remaining in now.present_problems(mended)):
            return Misfit(misfit.field, misfit.reason, words)
        holder[key] = value
    return None


def _candidates(field: Field | None, value: Any) -> Iterator[tuple[Any, str]]:
    """Possible replacements for a value, the closest first, each with its description."""
    if field is None:
        yield MISSING, _LEFT_OUT
        return
    for other in _converted(field, value):
        yield other, f"written as {diff_lines.value(other)}"
    if is_number(value):
        for number in _nearest_allowed(field, value):
            yield number, f"set to {diff_lines.value(number)}"
    if isinstance(value, list) and field.kind == "list":
        if field.is_unique:
            distinct = [
                v for n, v in enumerate(value) if not any(identical(v, w) for w in value[:n])
            ]
            yield distinct, "entries that repeat left out"
        if field.max_length is not None and len(value) > field.max_length:
            yield value[: field.max_length], f"the first {field.max_length} kept"
    if isinstance(value, str) and field.kind == "string":
        return  # only its author can shorten or rewrite a text
    if field.has_default:
        yield copy.deepcopy(field.default), f"set to the default {diff_lines.value(field.default)}"
    if not field.is_required:
        yield MISSING, _LEFT_OUT


def _converted(field: Field, value: Any) -> Iterator[Any]:
    """The same value in another type."""
    if field.kind == "list" and not isinstance(value, list):
        yield [value]
    if field.kind != "list" and isinstance(value, list) and len(value) == 1:
        yield value[0]
    if isinstance(value, float) and value.is_integer():
        yield int(value)
    if isinstance(value, str) and len(value) < 30:
        for kind in (int, float):
            try:
                yield kind(value)
            except ValueError:
                continue
    if is_number(value):
        yield diff_lines.value(value)
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        yield value.lower() == "true"


def _nearest_allowed(field: Field, value: float) -> Iterator[float]:
    """Numbers near a value that satisfy the field's limits and step."""
    is_whole = field.kind == "integer"
    low, high = field.minimum, field.maximum
    limited = value
    if low is not None and value <= low:
        limited = low + (field.step or 1) if field.is_minimum_open and is_whole else low
    if high is not None and value >= high:
        limited = high - (field.step or 1) if field.is_maximum_open and is_whole else high
    numbers = [limited]
    if field.step and abs(limited / field.step) < 2**53:
        steps = limited / field.step
        numbers += [
            round(steps) * field.step,
            int(steps) * field.step,
            (int(steps) + 1) * field.step,
        ]
    for number in numbers:
        if abs(number) < 2**53:
            yield int(number) if is_whole or float(number).is_integer() else number


def _misfit(now: Version, mended: dict[str, Any], problem: Problem) -> Misfit:
    """A problem as a Misfit, with the offending value in its text."""
    field = find(now.root, problem.path)
    path = tuple(str(part) for part in problem.path)
    message = problem.message.removeprefix(f"{field.label} ")
    value = value_at(mended, problem.path)
    if value is not MISSING and not isinstance(value, dict | list) and "; it has" not in message:
        message = f"{message}; it is {diff_lines.value(value) or 'empty'}"
    return Misfit(dotted(path), message)
