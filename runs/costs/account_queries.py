"""The ledger's queries that run at every start and end of a run, prepared once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, DateField, QuerySet, Sum, Value

from core.db.prepared_queries import Param, ParamList, PreparedQuery
from runs.models import DailySum, LedgerAccount

Kind = DailySum.Kind

# The house's row, locked.
HOUSE = PreparedQuery(
    lambda: LedgerAccount.objects.select_for_update().filter(
        kind=LedgerAccount.Kind.HOUSE, key="", period=""
    )
)


def _spent(kind: DailySum.Kind) -> PreparedQuery[tuple[int, Decimal | None]]:
    days = DailySum.objects.order_by().filter(
        kind=kind.value, day__gte=Param("first", DateField()), day__lt=Param("end", DateField())
    )
    keyed_days: QuerySet[DailySum, Any]
    if kind == Kind.HOUSE:
        keyed_days = days.annotate(house=Value(0)).values_list("house")
    else:
        (column,) = DailySum.COLUMNS[kind]
        keys = ParamList("keys", BigIntegerField())
        keyed_days = days.filter(**{f"{column}__in": keys}).values_list(column)
    return PreparedQuery(lambda: keyed_days.annotate(total=Sum("amount")))


# (key, sum) for the projects, people or programs among `keys`, from the day `first` until before
# the day `end`. The key of the house is 0.
SPENT = {kind: _spent(kind) for kind in (Kind.HOUSE, Kind.PROJECT, Kind.PERSON, Kind.TOKEN)}
