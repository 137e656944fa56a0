"""Compares two inputs: one change for each value that differs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, NamedTuple

from schemas.exact import identical, is_too_deep
from schemas.fields import MISSING
from schemas.form.decode import Path


class Change(NamedTuple):
    """One value that differs; MISSING on the side that does not have it."""

    path: Path
    before: Any
    after: Any


def diff_arguments(before: Any, after: Any) -> Iterator[Change]:
    """Yield the changes that turn `before` into `after`, in its order; none if they are identical.

    Objects are compared by key and lists by position. An input that is nested too deeply to be
    compared gives one change.
    """
    if is_too_deep(before) or is_too_deep(after):
        yield Change((), before, after)
    else:
        yield from _below((), before, after)


def _below(path: Path, before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before | after:
            yield from _below((*path, key), before.get(key, MISSING), after.get(key, MISSING))
    elif isinstance(before, list) and isinstance(after, list):
        entries = zip_longest(before, after, fillvalue=MISSING)
        for position, (old, new) in enumerate(entries):
            yield from _below((*path, position), old, new)
    elif not identical(before, after):
        yield Change(path, before, after)
