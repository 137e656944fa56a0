"""Reads the daily sums of spending by the columns that a page needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet, Sum

from core import periods
from runs.costs import ledger
from runs.costs.daily_sums import DAY, Sums
from runs.models import Charge, DailySum

_RELATIONS = {"user", "project", "endpoint"}


@dataclass(frozen=True)
class Days:
    """Consecutive days, including the first and the last."""

    first: date
    last: date

    def __len__(self) -> int:
        return max((self.last - self.first).days + 1, 0)

    def __iter__(self) -> Iterator[date]:
        return (self.first + number * DAY for number in range(len(self)))

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last

    @property
    def start(self) -> datetime:
        """Return when the first day begins."""
        return periods.bounds(f"{self.first:%Y-%m-%d}")[0]

    @property
    def end(self) -> datetime:
        """Return when the last day is over."""
        return periods.bounds(f"{self.last + DAY:%Y-%m-%d}")[0]


class Ledger:
    """Sums of the charges that match a condition within some days; one query per method call."""

    def __init__(self, condition: Q, days: Days) -> None:
        self._condition, self._columns = condition, _columns_of(condition)
        self._days = days

    def by_day(self) -> dict[date, Sums]:
        """Return the sums of each day with charges."""
        return {day: sums for (day,), sums in self._grouped(("day",), self._days)}

    def by(self, column: str, within: Days | None = None) -> dict[Any, Sums]:
        """Return sums by a column's values, within some of the days or all of them."""
        return {key: sums for (key,), sums in self._grouped((column,), within or self._days)}

    def by_day_and(self, column: str) -> dict[tuple[date, Any], Sums]:
        """Return the sums of each day by a column's values."""
        return {(day, key): sums for (day, key), sums in self._grouped(("day", column), self._days)}

    def _grouped(
        self, columns: Sequence[str], days: Days
    ) -> Iterator[tuple[tuple[Any, ...], Sums]]:
        rows = DailySum.objects.filter(
            self._condition,
            kind=self._kind(columns),
            day__gte=days.first,
            day__lte=days.last,
            runs__gt=0,  # released charges leave an empty row
        )
        totals = [Sum(name) for name in Sums._fields]
        for row in rows.order_by().values_list(*columns).annotate(*totals):
            yield row[: len(columns)], Sums(*row[len(columns) :])

    def _kind(self, columns: Sequence[str]) -> DailySum.Kind:
        """Return the kind of sums with the fewest rows that has the columns and the condition's."""
        needs = self._columns | {_column(name) for name in columns if name != "day"}
        return next(kind for kind, names in DailySum.COLUMNS.items() if needs <= set(names))


def _columns_of(condition: Q) -> frozenset[str]:
    """Return the columns of a condition."""
    columns: set[str] = set()
    for child in condition.children:
        columns |= _columns_of(child) if isinstance(child, Q) else {_column(child[0])}  # type: ignore[index]
    return frozenset(columns)


def _column(name: str) -> str:
    """Return the column at the start of a look-up: `endpoint_id` for `endpoint__category`."""
    first = name.partition("__")[0]
    return f"{first}_id" if first in _RELATIONS else first


def charges(condition: Q, days: Days) -> QuerySet[Charge]:
    """Return the charges whose sums a `Ledger` has."""
    is_within = Q(created_at__gte=days.start, created_at__lt=days.end)
    return ledger.due(Charge.objects.filter(condition, is_within))


@contextmanager
def snapshot() -> Iterator[None]:
    """Run the queries of the block on one snapshot, so that parts and sums agree.

    The block must not write. On SQLite, and within another transaction, this has no effect.
    """
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
