"""Reads sums: of days that are added up from `Rollup`, of others from the charges themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from core import periods
from runs import ledger
from runs.ledger import NOTHING
from runs.models import Charge
from spending.models import ChangedDay, RolledUpDay, Rollup
from spending.sums.rollups import LIVE_SUMS

DAY = timedelta(days=1)
_CENT = Decimal("0.01")
_BY = {"day": "door", "endpoint__category": "endpoint_id"}
_ROLLED_UP_SUMS: dict[str, Any] = {name: (Sum, name, Q()) for name in LIVE_SUMS}


@dataclass(frozen=True)
class Sums:
    """What some runs cost, in dollars: `amount` counts what is `reserved` for those under way.

    `unknown` of the `runs` are not in it: nobody knows what they cost.
    """

    runs: int = 0
    amount: Decimal = NOTHING
    reserved: Decimal = NOTHING
    unknown: int = 0

    def __add__(self, other: Sums) -> Sums:
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

    Two queries tell which days are added up; each question then takes two.
    """

    def __init__(self, condition: Q, days: Days) -> None:
        self._days, self._read = days, _days_to_read(days)
        self._is_of_all = not condition
        self._rolled_up = Rollup.objects.filter(condition)
        self._charges = ledger.due(Charge.objects.filter(condition))

    def by_day(self) -> dict[date, Sums]:
        """Return the sums of each day that has some."""
        return self.by("day")

    def by(self, column: str, within: Days | None = None) -> dict[Any, Sums]:
        """Return sums by a column's values, within some of the days or all of them."""
        sums = self._grouped((column,), within or self._days)
        return {key: of_key for (key,), of_key in sums.items()}

    def by_day_and(self, column: str) -> dict[tuple[date, Any], Sums]:
        """Return the sums of each day by a column's values."""
        return self._grouped(("day", column), self._days)

    def _grouped(self, columns: Sequence[str], within: Days) -> dict[Any, Sums]:
        total: dict[Any, Sums] = {}
        # Of the whole house there are sums by one column; of a day any of them will do.
        by = _BY.get(columns[-1], columns[-1]) if self._is_of_all else ""
        for rows, kinds in self._sources(within, by):
            for key, sums in _grouped(rows, columns, kinds):
                total[key] = total.get(key, Sums()) + sums
        return total

    def _sources(self, within: Days, by: str) -> Iterator[tuple[QuerySet[Any], Mapping[str, Any]]]:
        cut = (Days(max(days.first, within.first), min(days.last, within.last))
               for days in self._read)  # fmt: skip
        read = [days for days in cut if days]
        not_added_up, begun = Q(), Q()
        for days in read:
            not_added_up |= days.condition
            begun |= Q(created_at__gte=days.start, created_at__lt=days.end)
        rolled_up = self._rolled_up.filter(within.condition, by=by)
        yield rolled_up.exclude(not_added_up) if read else rolled_up, _ROLLED_UP_SUMS
        if read:
            yield self._charges.filter(begun).annotate(day=TruncDate("created_at")), LIVE_SUMS


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
