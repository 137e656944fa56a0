"""Tables of cases that need no database: one test for all rows, which lists every failing row.

pytest takes some milliseconds for each case of `parametrize`, in every process that collects it; a
row of a table that calls a function takes microseconds.
"""

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest


def each_row(
    names: str | Sequence[str], rows: Iterable[Any], ids: Sequence[str] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Like `pytest.mark.parametrize`, but as one test; its other arguments are fixtures."""
    named = [*map(str.strip, names.split(","))] if isinstance(names, str) else [*names]
    table = [_values(row, len(named)) for row in rows]
    titles = [*ids] if ids else []

    def one_test(check: Callable[..., None]) -> Callable[..., None]:
        def check_all(**fixtures: Any) -> None:
            assert table, "no rows"
            wrong = []
            for place, values in enumerate(table):
                try:
                    check(**dict(zip(named, values, strict=True)), **fixtures)
                except Exception as error:
                    title = titles[place] if titles else ", ".join(map(_short, values))
                    wrong.append(f"{title}: {type(error).__name__}: {error}")
            assert not wrong, f"{len(wrong)} of {len(table)} rows:\n\n" + "\n\n".join(wrong)

        signature = inspect.signature(check)
        left = [value for name, value in signature.parameters.items() if name not in named]
        check_all.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]
        check_all.__name__, check_all.__doc__ = check.__name__, check.__doc__
        check_all.__module__ = check.__module__
        check_all.pytestmark = list(getattr(check, "pytestmark", []))  # type: ignore[attr-defined]
        return check_all

    return one_test


def _values(row: Any, count: int) -> list[Any]:
    if isinstance(row, type(pytest.param())):
        return [*row.values]
    return [row] if count == 1 else [*row]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
