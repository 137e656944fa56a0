"""Reads sums: of months and days that are added up, and of other days the charges themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import reduce
from itertools import groupby
from operator import or_
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from core import periods
from runs import ledger
from runs.ledger import NOTHING
from runs.models import Charge
from spending.models import ChangedDay, MonthlyRollup, RolledUpDay, RolledUpMonth, Rollup
from spending.sums.rollups import KINDS, LIVE_SUMS, last_of_month

DAY = timedelta(days=1)
_CENT = Decimal("0.01")
_ANY = "door"  # of a day, sums by any column will do
_RELATIONS = {"user", "project", "endpoint"}
_ROLLED_UP_SUMS: dict[str, Any] = {name: (Sum, name, Q()) for name in LIVE_SUMS}


class Sums(NamedTuple):
    """What some runs cost, in dollars: `amount` counts what is `reserved` for those under way.

    `unknown` of the `runs` are not in it: nobody knows what they cost.
    """

    runs: int = 0
    amount: Decimal = NOTHING
    reserved: Decimal = NOTHING
    unknown: int = 0

    def __add__(self, other: Sums) -> Sums:  # type: ignore[override]  # not that of tuples
        return Sums(
            self.runs + other.runs,
            self.amount + other.amount,
            self.reserved + other.reserved,
            self.unknown + other.unknown,
        )

    @property
    def exact(self) -> str:
        """Return the amount with all its places, at least two, and a point."""
        plain = self.amount.normalize()
        exponent = plain.as_tuple().exponent
        is_short = isinstance(exponent, int) and exponent > -2
        return f"{plain.quantize(_CENT) if is_short else plain:f}"


@dataclass(frozen=True)
class Days:
    """Some days, the first and the last of them included."""

    first: date
    last: date

    def __len__(self) -> int:
        return max((self.last - self.first).days + 1, 0)

    def __iter__(self) -> Iterator[date]:
        return (self.first + number * DAY for number in range(len(self)))

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last

    def meets(self, other: Days) -> bool:
        """Whether a day is among both."""
        return self.first <= other.last and other.first <= self.last

    @property
    def start(self) -> datetime:
        """Return when the first day begins."""
        return periods.bounds(f"{self.first:%Y-%m-%d}")[0]

    @property
    def end(self) -> datetime:
        """Return when the last day is over."""
        return periods.bounds(f"{self.last + DAY:%Y-%m-%d}")[0]

    @property
    def condition(self) -> Q:
        """Return the condition that a row's `day` is among them."""
        return Q(day__gte=self.first, day__lte=self.last)


class Ledger:
    """The sums of the charges that a condition selects, within some days.

    Two queries tell which days are added up, and one which months if there is a whole one. Each
    question takes one, and one for months; the charges of the other days are added up once for each
    column, by day.
    """

    def __init__(self, condition: Q, days: Days) -> None:
        self._days, self._read = days, _days_to_read(days)
        months = _rolled_up_months(days)  # after the days: what has changed since ends a month
        self._months = [month for month in months if not any(month.meets(d) for d in self._read)]
        self._condition, self._columns = condition, _columns_of(condition)
        self._charges = ledger.due(Charge.objects.filter(condition))
        self._live: dict[str, dict[tuple[date, Any], Sums]] = {}

    def by_day(self) -> dict[date, Sums]:
        """Return the sums of each day that has some."""
        column = next(iter(self._live), _ANY)
        sums = self._grouped(Rollup, ("day",), _condition(_others(self._days, self._read)))
        live = (((day,), of_both) for (day, _), of_both in self._of_charges(column).items())
        return {day: of_day for (day,), of_day in _added(sums, live).items()}

    def by(self, column: str, within: Days | None = None) -> dict[Any, Sums]:
        """Return sums by a column's values, within some of the days or all of them."""
        days = within or self._days
        months = self._months_within(column, days)
        others = _others(days, [*self._read, *months])
        sums = self._grouped(Rollup, (column,), _condition(others))
        if months:
            of_months = Q(day__in=[month.first for month in months])
            _added(sums, self._grouped(MonthlyRollup, (column,), of_months).items())
        live = (((key,), of_both) for (day, key), of_both in self._of_charges(column).items()
                if day in days)  # fmt: skip
        return {key: of_key for (key,), of_key in _added(sums, live).items()}

    def by_day_and(self, column: str) -> dict[tuple[date, Any], Sums]:
        """Return the sums of each day by a column's values."""
        others = _condition(_others(self._days, self._read))
        sums = self._grouped(Rollup, ("day", column), others)
        return _added(sums, self._of_charges(column).items())

    def _months_within(self, column: str, days: Days) -> list[Days]:
        """Return the months among the days that are added up, if there are such sums of months."""
        if not self._kind((column,)):
            return []
        return [month for month in self._months if month.first in days and month.last in days]

    def _grouped(
        self, model: type[Rollup | MonthlyRollup], columns: Sequence[str], within: Q
    ) -> dict[Any, Sums]:
        """Return the sums that are added up of some days or months; none if there are none."""
        if not within:
            return {}
        rows = model._default_manager.filter(self._condition, within, by=self._kind(columns))
        return dict(_grouped(rows, columns, _ROLLED_UP_SUMS))

    def _kind(self, columns: Sequence[str]) -> str:
        """Return which sums have these columns and those of the condition: the fewest rows."""
        needed = self._columns | {_column(name) for name in columns if name != "day"}
        return next((by for by, names in KINDS.items() if needed <= set(names)), "")

    def _of_charges(self, column: str) -> dict[tuple[date, Any], Sums]:
        """Return the sums of the other days, by day and a column's values."""
        if column not in self._live:
            begun = Q()
            for days in self._read:
                begun |= Q(created_at__gte=days.start, created_at__lt=days.end)
            rows = self._charges.filter(begun).annotate(day=TruncDate("created_at"))
            sums = _grouped(rows, ("day", column), LIVE_SUMS) if self._read else ()
            self._live[column] = dict(sums)
        return self._live[column]


def _columns_of(condition: Q) -> frozenset[str]:
    """Return the columns that a condition is about."""
    columns: set[str] = set()
    for child in condition.children:
        columns |= _columns_of(child) if isinstance(child, Q) else {_column(child[0])}  # type: ignore[index]
    return frozenset(columns)


def _column(name: str) -> str:
    """Return the column of sums that a name in a query begins at: `endpoint_id`."""
    first = name.partition("__")[0]
    return f"{first}_id" if first in _RELATIONS else first


def _added(sums: dict[Any, Sums], others: Iterable[tuple[Any, Sums]]) -> dict[Any, Sums]:
    for key, other in others:
        sums[key] = sums.get(key, Sums()) + other
    return sums


def charges(condition: Q, days: Days) -> QuerySet[Charge]:
    """Return the charges of which a `Ledger` tells the sums."""
    within = Q(created_at__gte=days.start, created_at__lt=days.end)
    return ledger.due(Charge.objects.filter(condition, within))


@contextmanager
def snapshot() -> Iterator[None]:
    """Let all queries within see the rows of one moment, so that parts and sums agree.

    Nothing is written within. On SQLite, and within another transaction, it changes nothing.
    """
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _grouped(
    rows: QuerySet[Any], columns: Sequence[str], kinds: Mapping[str, Any]
) -> Iterator[tuple[tuple[Any, ...], Sums]]:
    aggregates = {
        f"{name}_": kind(source, filter=condition)
        for name, (kind, source, condition) in kinds.items()
    }
    for row in rows.order_by().values_list(*columns).annotate(**aggregates):
        runs, amount, reserved, unknown = row[len(columns) :]
        key = tuple(row[: len(columns)])
        yield key, Sums(runs, amount or NOTHING, reserved or NOTHING, unknown or 0)


def _others(within: Days, without: Sequence[Days]) -> list[Days]:
    """Return the days that are in none of some others, in as few intervals as possible."""
    others, first = [], within.first
    for days in sorted(without, key=lambda days: days.first):
        others.append(Days(first, min(days.first - DAY, within.last)))
        first = max(first, days.last + DAY)
    others.append(Days(first, within.last))
    return [days for days in others if len(days)]


def _condition(listed: Iterable[Days]) -> Q:
    """Return the condition that a row's `day` is among some days; empty if there are none."""
    return reduce(or_, (days.condition for days in listed), Q())


def _rolled_up_months(days: Days) -> list[Days]:
    """Return the months that lie within some days and are added up."""
    first = last_of_month(days.first - DAY) + DAY
    last = (days.last + DAY).replace(day=1) - DAY
    if last < first:
        return []
    months = RolledUpMonth.objects.filter(day__gte=first, day__lte=last)
    firsts = months.order_by("day").values_list("day", flat=True)
    return [Days(first, last_of_month(first)) for first in firsts]


def _days_to_read(days: Days) -> list[Days]:
    """Return the days whose charges are to be read: today, changed ones, others not added up.

    As few intervals as possible.
    """
    rolled_up = RolledUpDay.objects.filter(days.condition).values_list("day", flat=True)
    changed = ChangedDay.objects.filter(days.condition).values_list("day", flat=True)
    # In this order: a day that is added up in between is then taken for changed.
    noted = set(changed.distinct())
    done = set(rolled_up) - noted
    today = timezone.localdate()
    wanted = [day for day in days if day not in done and day <= today]
    numbered = enumerate(wanted)
    runs = groupby(numbered, lambda pair: pair[1] - pair[0] * DAY)
    intervals = [[day for _, day in group] for _, group in runs]
    return [Days(interval[0], interval[-1]) for interval in intervals]
