"""The sums of each day, updated in every transaction that changes a charge.

So after every commit they equal the sums of the charges. A charge counts on the day on which it
began, in the house's TIME_ZONE, whenever its figures change.

A transaction that changes charges calls `add` last, after it has taken all other locks: the rows
stay locked until it ends. Every transaction locks the house's row of a day first, so that two that
change the same day wait for each other there, and never hold what the other needs.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Count, Max, Min, Q, QuerySet, Sum
from django.utils import timezone

from core import periods
from core.db import clock
from core.db.dollars_field import DollarsField
from runs.models import Charge, DailySum
from runs.models.ledger import SumState

log = logging.getLogger(__name__)

NOTHING = Decimal(0)
DAY = timedelta(days=1)
PAUSE_S = 0.05  # between two days, so that other jobs get their turn
_CENT = Decimal("0.01")
_GROUPS = ("user_id", "project_id", "endpoint_id", "token_id", "door")
_DOLLARS = DollarsField()  # as the columns store sums
_PLACES = {kind: place for place, kind in enumerate(DailySum.COLUMNS)}


class Sums(NamedTuple):
    """The cost of some runs in dollars; `amount` includes what is `reserved` for runs under way.

    `unknown` is the number of `runs` whose cost nobody knows; `amount` does not include them.
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

    def __sub__(self, other: Sums) -> Sums:
        return Sums(
            self.runs - other.runs,
            self.amount - other.amount,
            self.reserved - other.reserved,
            self.unknown - other.unknown,
        )

    @property
    def exact(self) -> str:
        """Return the amount with all its decimal places, at least two, and a decimal point."""
        plain = self.amount.normalize()
        exponent = plain.as_tuple().exponent
        is_short = isinstance(exponent, int) and exponent > -2
        return f"{plain.quantize(_CENT) if is_short else plain:f}"


class _Row(NamedTuple):
    """Identifies a row of a day. Rows are locked in this order, with the house's row first."""

    day: date
    place: int  # position of the kind in `DailySum.COLUMNS`
    user_id: int
    project_id: int
    endpoint_id: int
    token_id: int
    door: str


def of_charge(charge: Charge) -> Sums:
    """Return the sums that a charge adds; zeros once it is released."""
    if charge.state == SumState.RELEASED:
        return Sums()
    amount = charge.amount or NOTHING
    is_reserved = charge.state == SumState.RESERVED
    return Sums(1, amount, amount if is_reserved else NOTHING, int(charge.amount is None))


def add(changes: Iterable[tuple[Charge, Sums]]) -> None:
    """Add the changes of charges to the sums of their days, as the transaction's last lock.

    One statement per row, sent together.
    """
    rows: dict[_Row, Sums] = {}
    for charge, change in changes:
        if any(change):
            group = {name: getattr(charge, name) for name in _GROUPS}
            _add_to(rows, timezone.localdate(charge.created_at), group, change)
    if rows:
        _write(rows)


def rebuild() -> Iterator[tuple[date, int]]:
    """Recompute all sums from the charges, each day in a transaction of its own.

    Yields each day with the number of its sums.
    """
    for day in days():
        yield day, add_up(day)


def days() -> Iterator[date]:
    """Yield each day from the first to the last that has sums or charges."""
    sums = DailySum.objects.aggregate(first=Min("day"), last=Max("day"))
    charges = Charge.objects.aggregate(first=Min("created_at"), last=Max("created_at"))
    known_days = [day for day in sums.values() if day]
    known_days += [timezone.localdate(at) for at in charges.values() if at]
    for number in range((max(known_days) - min(known_days)).days + 1) if known_days else ():
        yield min(known_days) + number * DAY


def add_up(day: date) -> int:
    """Recompute a day's sums from its charges in one transaction; return the number of sums."""
    with transaction.atomic():
        _lock()
        DailySum.objects.filter(day=day).delete()
        rows = _of_charges(day)
        _write(rows)
    return len(rows)


def differ(day: date) -> bool:
    """Whether a day's sums differ from those of its charges."""
    if _of_charges(day) == _written(day):
        return False
    with transaction.atomic():  # one of both may have changed between the two queries
        _lock()
        return _of_charges(day) != _written(day)


def _of_charges(day: date) -> dict[_Row, Sums]:
    start, end = periods.bounds(f"{day:%Y-%m-%d}")
    rows: dict[_Row, Sums] = {}
    for group, sums in _grouped(Charge.objects.filter(created_at__gte=start, created_at__lt=end)):
        _add_to(rows, day, group, sums)
    return rows


def _written(day: date) -> dict[_Row, Sums]:
    """Return the stored sums of a day, without rows of zeros."""
    kinds = {str(kind): place for kind, place in _PLACES.items()}
    stored_sums = DailySum.objects.filter(day=day).values_list("kind", *_GROUPS, *Sums._fields)
    rows = {}
    for kind, user, project, endpoint, token, door, *figures in stored_sums:
        row = _Row(day, kinds[kind], user or 0, project or 0, endpoint or 0, token or 0, door)
        rows[row] = Sums(*figures)
    return {row: sums for row, sums in rows.items() if any(sums)}


def _grouped(charges: QuerySet[Charge]) -> Iterator[tuple[Mapping[str, Any], Sums]]:
    groups = charges.exclude(state=SumState.RELEASED).order_by().values(*_GROUPS)
    is_reserved = Q(state=SumState.RESERVED)
    for group in groups.annotate(
        runs=Count("pk"),
        total=Sum("amount"),
        reserved=Sum("amount", filter=is_reserved),
        unknown=Count("pk", filter=Q(amount=None)),
    ):
        total, reserved = group["total"] or NOTHING, group["reserved"] or NOTHING
        yield group, Sums(group["runs"], total, reserved, group["unknown"])


def _add_to(rows: dict[_Row, Sums], day: date, group: Mapping[str, Any], change: Sums) -> None:
    """Add a change to the rows of all kinds that count it."""
    for kind, columns in DailySum.COLUMNS.items():
        if kind == DailySum.Kind.TOKEN and group["token_id"] is None:
            continue
        keys = {name: group[name] for name in columns}
        row = _Row(
            day,
            _PLACES[kind],
            keys.get("user_id") or 0,
            keys.get("project_id") or 0,
            keys.get("endpoint_id") or 0,
            keys.get("token_id") or 0,
            keys.get("door", ""),
        )
        rows[row] = rows.get(row, Sums()) + change


def _write(rows: Mapping[_Row, Sums]) -> None:
    """Add these sums to the rows; rows that are missing are created."""
    kinds = [kind.value for kind in DailySum.COLUMNS]
    parameters = [
        (
            f"{row.day:%Y-%m-%d}",
            kinds[row.place],
            row.user_id or None,
            row.project_id or None,
            row.endpoint_id or None,
            row.token_id or None,
            row.door,
            rows[row].runs,
            _DOLLARS.get_prep_value(rows[row].amount),
            _DOLLARS.get_prep_value(rows[row].reserved),
            rows[row].unknown,
        )
        for row in sorted(rows)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(_ADD, parameters)


# Django has no single statement for "add to the row or create it". Only such a statement loses no
# sum, and it waits in a known order on both databases.
_ADD = f"""
INSERT INTO {DailySum._meta.db_table} AS sums
    (day, kind, user_id, project_id, endpoint_id, token_id, door, runs, amount, reserved, unknown)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (
    kind, day, COALESCE(user_id, 0), COALESCE(project_id, 0), COALESCE(endpoint_id, 0),
    COALESCE(token_id, 0), door
)
DO UPDATE SET
    runs = sums.runs + excluded.runs,
    amount = sums.amount + excluded.amount,
    reserved = sums.reserved + excluded.reserved,
    unknown = sums.unknown + excluded.unknown
"""  # noqa: S608  # the table's name is ours


def _lock() -> None:
    """Let nobody else change sums until the transaction ends; on SQLite, any write does that.

    A charge that another transaction has changed meanwhile is read with its old figures; that
    transaction adds its change later.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {DailySum._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")


class Correction:
    """A worker's check of all days, one day per step: when the worker starts, and every night.

    Changing a charge changes its sums, but processes of an earlier version change charges alone.
    """

    def __init__(self) -> None:
        self._days: Iterator[date] | None = None

    def step(self) -> float:
        """Correct the sums of one day if they differ; return the seconds until the next step."""
        self._days = self._days or days()
        day = next(self._days, None)
        if day is None:
            self._days = None
            return clock.seconds_until_night()
        if differ(day):
            log.warning("the sums of %s differed from their charges: they are added up anew", day)
            add_up(day)
        return PAUSE_S
