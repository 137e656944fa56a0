"""Checks what must be true of the ledger's daily sums while no transaction is open."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from core import periods
from runs.costs import daily_sums, ledger
from runs.costs.daily_sums import Sums
from runs.costs.ledger import Counter
from runs.models import Charge, DailySum

COLUMNS = ("user_id", "project_id", "endpoint_id", "token_id", "door")


def require_sums_hold() -> int:
    """Assert that each day's sums equal its charges; return how many runs they count."""
    expected: dict[tuple[Any, ...], Sums] = defaultdict(Sums)
    charges = list(ledger.due(Charge.objects.all()))
    for charge in charges:
        amount = charge.amount or Decimal(0)
        reserved = amount if charge.state == "reserved" else Decimal(0)
        sums = Sums(1, amount, reserved, int(charge.amount is None))
        for kind, columns in DailySum.COLUMNS.items():
            keys = [getattr(charge, name) if name in columns else "" for name in COLUMNS]
            if kind != "token" or charge.token_id is not None:
                expected[timezone.localdate(charge.created_at), kind, *keys] += sums
    actual = {}
    for row in DailySum.objects.all():
        columns = DailySum.COLUMNS[DailySum.Kind(row.kind)]
        keys = [getattr(row, name) if name in columns else "" for name in COLUMNS]
        actual[row.day, row.kind, *keys] = Sums(row.runs, row.amount, row.reserved, row.unknown)
    assert {key: sums for key, sums in actual.items() if any(sums)} == expected
    return len(charges)


def charges_of(counter: Counter) -> QuerySet[Charge]:
    start, end = periods.bounds(counter.period)
    within = (
        Q(created_at__gte=start) if end is None else Q(created_at__gte=start, created_at__lt=end)
    )
    column = ledger.COLUMNS.get(counter.scope)
    whose = {column: counter.key} if column else {}
    return ledger.due(Charge.objects.filter(within, **whose))


def move(charges: QuerySet[Charge], at: datetime) -> None:
    """Move these charges to a day as if they had begun then."""
    charges.update(created_at=at)
    list(daily_sums.rebuild())


def total_of(charges: QuerySet[Charge]) -> Decimal:
    """Return the sum that these charges have reserved or settled."""
    return ledger.due(charges).aggregate(total=Sum("amount"))["total"] or Decimal(0)
