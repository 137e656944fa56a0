"""Begins the counters of a budget that is made in the middle of its period.

Later ones begin with the first run that the budget is asked about (`ledger.spent`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runs import ledger
from runs.ledger import Scope
from spending.budgets import counting, gauges
from spending.models import Budget

if TYPE_CHECKING:
    from datetime import datetime


def open_counters(budget: Budget, at: datetime) -> None:
    """Begin the counters of a budget in its present period, for who has locked the house.

    Of a budget for each of them, those of everybody who has spent something in it: else the pages
    and warnings would not know of them until their next run. Three queries.
    """
    if budget.scope == Budget.Scope.SESSION:
        return
    key = counting.named_key(budget)
    if key is not None:
        ledger.spent({gauges.counter_of(budget, key, at).counter})
        return
    ledger.open_counters(Scope(budget.scope), counting.period_of(budget, at))
