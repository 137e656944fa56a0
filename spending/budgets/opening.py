"""Begins the counters of a budget that is made in the middle of its period.

Later ones begin with the first run that the budget is asked about (`ledger.spent`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Sum

from runs import ledger
from runs.ledger import NOTHING, Counter, Scope
from runs.models import LedgerAccount
from runs.models.ledger import SumState
from spending.budgets import counting, gauges
from spending.models import Budget

if TYPE_CHECKING:
    from datetime import datetime


def open_counters(budget: Budget, at: datetime) -> None:
    """Begin the counters of a budget in its present period, for who has locked the house.

    Of a budget for each of them, those of everybody who has spent something in it: else the pages
    and warnings would not know of them until their next run. Four queries.
    """
    if budget.scope == Budget.Scope.SESSION:
        return
    key = counting.named_key(budget)
    if key is not None:
        ledger.spent({gauges.counter_of(budget, key, at).counter})
        return
    scope, period = Scope(budget.scope), counting.period_of(budget, at)
    column = gauges.COLUMNS[scope]
    charges = ledger.charges_of(Counter(Scope.HOUSE, 0, period)).exclude(**{column: None})
    # As in the ledger: what is ending either has been settled, or waits and finds the counter.
    list(charges.filter(state=SumState.RESERVED).select_for_update().values_list("pk", flat=True))
    due = charges.exclude(state=SumState.RELEASED).values_list(column)
    sums = {
        Counter(scope, key, period).name: total or NOTHING
        for key, total in due.annotate(total=Sum("amount"))
    }
    accounts = LedgerAccount.objects.filter(kind=LedgerAccount.Kind.SPENT, period=period)
    begun = set(accounts.filter(key__startswith=f"{scope}:").values_list("key", flat=True))
    LedgerAccount.objects.bulk_create(
        LedgerAccount(kind=LedgerAccount.Kind.SPENT, key=name, period=period, committed=total)
        for name, total in sums.items()
        if name not in begun
    )
