"""Adds up the charges of days that are over, for the pages of `/spend/`.

A charge always begins on its day, so a day's runs are complete soon after its end. What it costs
may change later: whoever changes it notes the day (`note_change`) in the same transaction. Until a
worker has added that day up anew, readers take its charges themselves, so that every sum is exact
at any time.
"""

from __future__ import annotations

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
from spending.models import ChangedDay, RolledUpDay, Rollup

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# A run that was started before midnight may be committed after it, though never this much later.
CLOSES_AFTER = timedelta(minutes=15)
DAYS_AT_ONCE = 31
CHECK_EVERY_S = 60.0
_GROUPS = ("user_id", "project_id", "endpoint_id", "door")
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
    """Add up the days that are over or have changed; returns the seconds until the next call."""
    days = _to_add_up(timezone.localdate(clock.now() - CLOSES_AFTER))
    for day in days[:DAYS_AT_ONCE]:
        add_up(day)
    return 0.5 if len(days) > DAYS_AT_ONCE else CHECK_EVERY_S


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
        groups = list(charges.order_by().values(*_GROUPS).annotate(**aggregates))
        sums = [_rollup(day, group) for group in groups]
        sums += [_rollup(day, group, by) for by in _GROUPS for group in _of_house(groups, by)]
        Rollup.objects.filter(day=day).delete()
        Rollup.objects.bulk_create(sums, batch_size=1000)
        RolledUpDay.objects.bulk_create([RolledUpDay(day=day)], ignore_conflicts=True)
        ChangedDay.objects.filter(pk__in=noted).delete()
    return len(sums)


def rebuild() -> Iterable[tuple[date, int]]:
    """Add up every day that is over anew; yields each, with how many sums it has."""
    last = timezone.localdate(clock.now() - CLOSES_AFTER) - timedelta(days=1)
    first = _first_day()
    for day in RolledUpDay.objects.values_list("day", flat=True):
        if first is None or day < first or day > last:  # its charges are gone
            add_up(day)
    while first is not None and first <= last:
        yield first, add_up(first)
        first += timedelta(days=1)


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


def _first_day() -> date | None:
    first = Charge.objects.aggregate(first=Min("created_at"))["first"]
    return timezone.localdate(first) if first else None


def _rollup(day: date, group: Mapping[str, Any], by: str = "") -> Rollup:
    columns = {name: group[name] for name in _GROUPS if name in group}
    sums = {name: group[f"{name}_"] or 0 for name in LIVE_SUMS}
    return Rollup(day=day, by=by, **columns, **sums)


def _of_house(groups: Iterable[Mapping[str, Any]], by: str) -> Iterable[dict[str, Any]]:
    """Return the sums of the groups by one column."""
    sums: dict[Any, dict[str, Any]] = {}
    for group in groups:
        of_value = sums.setdefault(group[by], {by: group[by]})
        for name in LIVE_SUMS:
            of_value[f"{name}_"] = of_value.get(f"{name}_", 0) + (group[f"{name}_"] or 0)
    return sums.values()


def _lock(day: date) -> None:
    """Let only one worker add up a day at a time; SQLite's transactions write alone anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, day.toordinal()])


_LOCK = 48_005  # of the pairs of numbers that Vitrine locks, this one's
