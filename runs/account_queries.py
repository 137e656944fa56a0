"""The ledger's queries that every start and end of a run asks, prepared once."""

from __future__ import annotations

from django.db.models import BigIntegerField, CharField, F, Q

from core import periods
from core.db.dollars_field import DollarsField
from core.db.prepared_queries import Param, ParamList, PreparedQuery, PreparedUpdate
from runs.models import LedgerAccount

_KEYS = ParamList("keys", CharField(max_length=64))
_PERIODS = ParamList("periods", CharField(max_length=32))
_COUNTERS = LedgerAccount.objects.filter(kind=LedgerAccount.Kind.SPENT, key__in=_KEYS).order_by()

# The row of the house, locked.
HOUSE = PreparedQuery(
    lambda: LedgerAccount.objects.select_for_update().filter(
        kind=LedgerAccount.Kind.HOUSE, key="", period=""
    )
)
# (key, period, committed) of the counters with one of the `keys` and one of the `periods`.
SPENT = PreparedQuery(
    lambda: _COUNTERS.filter(period__in=_PERIODS).values_list("key", "period", "committed")
)
# (pk, key, period) of the same counters and of those since some day, locked in their order.
TO_COUNT_IN = PreparedQuery(
    lambda: (
        _COUNTERS.select_for_update()
        .filter(Q(period__in=_PERIODS) | Q(period__startswith=periods.SINCE))
        .order_by("pk")
        .values_list("pk", "key", "period")
    )
)
# Parameters: pks, and the change of what is committed in each of them.
ADD = PreparedUpdate(
    lambda: LedgerAccount.objects.filter(pk__in=ParamList("pks", BigIntegerField())),
    committed=F("committed") + Param("change", DollarsField()),
)
