"""Adds up the charges of days and months that are over, for the pages of `/spend/`.

A charge always begins on its day, so a day's runs are complete soon after its end. What it costs
may change later: whoever changes it notes the day (`note_change`) in the same transaction. Until a
worker has added that day up anew, readers take its charges themselves, so that every sum is exact
at any time. A month's sums are those of its days; who adds a day up anew ends them.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Count, Min, Q, Sum
from django.utils import timezone

from core import periods
from core.db import clock
from runs import ledger
from runs.models import Charge
from runs.models.ledger import SumState
from spending.models import ChangedDay, MonthlyRollup, RolledUpDay, RolledUpMonth, Rollup

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# A run that was started before midnight may be committed after it, though never this much later.
CLOSES_AFTER = timedelta(minutes=15)
DAYS_AT_ONCE = 31
MONTHS_AT_ONCE = 12
CHECK_EVERY_S = 60.0
_GROUPS = ("user_id", "project_id", "endpoint_id", "door")
# What sums there are besides those of all columns: by which columns, the fewest rows first. That of
# two is for what one person sees: their runs, and their project's.
KINDS: dict[str, tuple[str, ...]] = {
    "door": ("door",),
    "project_id": ("project_id",),
    "user_id": ("user_id",),
    "endpoint_id": ("endpoint_id",),
    "user_project": ("user_id", "project_id"),
}
# Sums of charges, by the names that `Rollup` has for them.
LIVE_SUMS: dict[str, Any] = {
    "runs": (Count, "pk", Q()),
    "amount": (Sum, "amount", Q()),
    "reserved": (Sum, "amount", Q(state=SumState.RESERVED)),
    "unknown": (Count, "pk", Q(amount=None)),
}


def note_change(charge: Charge) -> None:
    """Note that a charge has changed, if its day is over. One insert then, else no query."""
    day = timezone.localdate(charge.created_at)
    if day < timezone.localdate(clock.now()):
        ChangedDay.objects.create(day=day)


def keep_up() -> float:
    """Add up the days that are over or have changed, and months whose days are all added up.

    Returns the seconds until the next call.
    """
    days = _to_add_up(timezone.localdate(clock.now() - CLOSES_AFTER))
    for day in days[:DAYS_AT_ONCE]:
        add_up(day)
    if len(days) > DAYS_AT_ONCE:
        return 0.5
    months = _months_to_add_up()
    for month in months[:MONTHS_AT_ONCE]:
        add_up_month(month)
    return 0.5 if len(months) > MONTHS_AT_ONCE else CHECK_EVERY_S


def add_up(day: date) -> int:
    """Add up a day's charges anew, in one transaction; returns how many sums it has."""
    start, end = periods.bounds(f"{day:%Y-%m-%d}")
    with transaction.atomic():
        _lock(day)
        # A change that is noted after this is not among them, and is added up by the next call.
        noted = list(ChangedDay.objects.filter(day=day).values_list("pk", flat=True))
        charges = ledger.due(Charge.objects.filter(created_at__gte=start, created_at__lt=end))
        aggregates = {
            f"{name}_": kind(column, filter=condition)
            for name, (kind, column, condition) in LIVE_SUMS.items()
        }
        # In this order, so that one person's sums lie side by side on the disk.
        groups = list(charges.values(*_GROUPS).annotate(**aggregates).order_by(*_GROUPS))
        sums = [Rollup(day=day, **group) for group in _summed(groups, _GROUPS)]
        for by, columns in KINDS.items():
            sums += [Rollup(day=day, by=by, **group) for group in _summed(groups, columns)]
        Rollup.objects.filter(by__in=["", *KINDS], day=day).delete()
        Rollup.objects.bulk_create(sums, batch_size=1000)
        RolledUpDay.objects.bulk_create([RolledUpDay(day=day)], ignore_conflicts=True)
        RolledUpMonth.objects.filter(day=day.replace(day=1)).delete()
        ChangedDay.objects.filter(pk__in=noted).delete()
    return len(sums)


def add_up_month(first: date) -> None:
    """Add up the days of the month that begins with this one, if all of them are added up."""
    with transaction.atomic():
        _lock(first)
        if first not in _months_to_add_up():
            return
        days = Rollup.objects.filter(day__gte=first, day__lte=last_of_month(first))
        aggregates = {f"{name}_": Sum(name) for name in LIVE_SUMS}
        sums = []
        for by, columns in KINDS.items():
            groups = days.filter(by=by).values(*columns).annotate(**aggregates).order_by(*columns)
            sums += [MonthlyRollup(day=first, by=by, **group) for group in _summed(groups, columns)]
        MonthlyRollup.objects.filter(day=first).delete()
        MonthlyRollup.objects.bulk_create(sums, batch_size=1000)
        RolledUpMonth.objects.create(day=first)


def last_of_month(day: date) -> date:
    """Return the last day of a day's month."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def rebuild() -> Iterable[tuple[date, int]]:
    """Add up every day that is over anew, then all months.

    Yields each day, with how many sums it has.
    """
    last = timezone.localdate(clock.now() - CLOSES_AFTER) - timedelta(days=1)
    first = _first_day()
    for day in RolledUpDay.objects.values_list("day", flat=True):
        if first is None or day < first or day > last:  # its charges are gone
            add_up(day)
    while first is not None and first <= last:
        yield first, add_up(first)
        first += timedelta(days=1)
    MonthlyRollup.objects.exclude(day__in=RolledUpMonth.objects.values("day")).delete()
    for month in _months_to_add_up():
        add_up_month(month)


def _to_add_up(today: date) -> list[date]:
    """Return the days before today that are not added up, or have changed since."""
    changed = ChangedDay.objects.filter(day__lt=today).values_list("day", flat=True)
    days = set(changed.distinct()[:DAYS_AT_ONCE])
    first = _first_day()
    if first is not None:
        rolled_up = set(RolledUpDay.objects.values_list("day", flat=True))
        over = (first + timedelta(days=number) for number in range((today - first).days))
        days |= set(over) - rolled_up
    return sorted(days, reverse=True)


def _months_to_add_up() -> list[date]:
    """Return the first days of the months whose days are all added up, but they are not."""
    rolled_up = RolledUpDay.objects.exclude(day__in=ChangedDay.objects.values("day"))
    months = Counter(day.replace(day=1) for day in rolled_up.values_list("day", flat=True))
    done = set(RolledUpMonth.objects.values_list("day", flat=True))
    return [
        first
        for first, days in months.items()
        if first not in done and days == last_of_month(first).day
    ]


def _first_day() -> date | None:
    first = Charge.objects.aggregate(first=Min("created_at"))["first"]
    return timezone.localdate(first) if first else None


def _summed(
    groups: Iterable[Mapping[str, Any]], columns: Sequence[str]
) -> Iterable[dict[str, Any]]:
    """Return the sums of the groups by some of their columns."""
    sums: dict[tuple[Any, ...], dict[str, Any]] = {}
    for group in groups:
        key = tuple(group[column] for column in columns)
        of_key = sums.setdefault(key, dict(zip(columns, key, strict=True)))
        for name in LIVE_SUMS:
            of_key[name] = of_key.get(name, 0) + (group[f"{name}_"] or 0)
    return sums.values()


def _lock(day: date) -> None:
    """Let only one worker add up in a month at a time; SQLite's transactions write alone anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            month = day.replace(day=1).toordinal()
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, month])


_LOCK = 48_005  # of the pairs of numbers that Vitrine locks, this one's
