"""Reads the spending of budgets for display, without a lock, so that no run waits for a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db.models import Sum

from features.spending.budgets import counting, wording
from features.spending.budgets.access import TOKENS
from features.spending.models import Budget, BudgetRequest
from projects.models import Project
from runs.costs import ledger
from runs.costs.ledger import NOTHING, Counter, Scope

NEARLY = Decimal("0.8")
NEAREST = 5  # counters of a budget that applies to each


class BudgetCounter(NamedTuple):
    """A budget and one of its counters."""

    budget: Budget
    counter: Counter


@dataclass(frozen=True)
class Gauge:
    """The spending of a budget in one of its counters; `limit` includes what was allowed on top."""

    budget: Budget
    counter: Counter
    spent: Decimal
    limit: Decimal

    @property
    def left(self) -> Decimal:
        """Return the amount that may still be spent."""
        amount_left: Decimal = max(self.limit - self.spent, NOTHING)
        return amount_left

    @property
    def percent(self) -> int:
        """Return the spent part in whole percent, rounded down, at most 100."""
        if self.spent >= self.limit:
            return 100
        return int(self.spent * 100 / self.limit)

    @property
    def is_spent(self) -> bool:
        """Whether all of it is spent."""
        return self.spent >= self.limit

    @property
    def is_nearly_spent(self) -> bool:
        """Whether at least 80 % are spent."""
        return self.spent >= NEARLY * self.limit

    @property
    def allowed_on_top(self) -> Decimal:
        """Return the sum allowed on top of the budget."""
        allowed: Decimal = self.limit - self.budget.limit
        return allowed

    @property
    def until(self) -> str:
        """Return "until 1 December", or nothing."""
        return wording.until(self.budget, self.counter.period).strip()


def counter_of(budget: Budget, key: int, at: datetime) -> BudgetCounter:
    """Return a budget with its counter of this key at a time."""
    return BudgetCounter(budget, Counter(Scope(budget.scope), key, counting.period_of(budget, at)))


def read(budget_counters: Sequence[BudgetCounter]) -> list[Gauge]:
    """Return the gauges of counters, in the same order.

    One query, and one for each scope and period.
    """
    if not budget_counters:
        return []
    spent_sums = ledger.spent({counter for _, counter in budget_counters})
    allowed = allowed_on_top(budget_counters)
    return [
        Gauge(budget, counter, spent_sums[counter], budget.limit + allowed[budget.pk, counter])
        for budget, counter in budget_counters
    ]


def allowed_on_top(
    budget_counters: Sequence[BudgetCounter],
) -> dict[tuple[int, Counter], Decimal]:
    """Return the sums allowed on top of each budget, by counter. One query."""
    rows = BudgetRequest.objects.filter(
        is_granted=True,
        budget__in={budget.pk for budget, _ in budget_counters},
        period__in={counter.period for _, counter in budget_counters},
    ).order_by()
    grouped = rows.values_list("budget_id", "scope_key", "period").annotate(more=Sum("amount"))
    sums = {(pk, key, period): more for pk, key, period, more in grouped}
    return {
        (budget.pk, counter): sums.get((budget.pk, counter.key, counter.period), NOTHING)
        for budget, counter in budget_counters
    }


def nearest(
    budget: Budget, at: datetime, ids: Collection[int] | None = None
) -> list[BudgetCounter]:
    """Return the counters with the most spending of a budget that applies to each, among `ids`.

    All keys by default. One query.
    """
    scope, period = Scope(budget.scope), counting.period_of(budget, at)
    keys = [key for key, _ in ledger.spent_by_each(scope, period) if ids is None or key in ids]
    return [BudgetCounter(budget, Counter(scope, key, period)) for key in keys[:NEAREST]]


def most_spent(budget: Budget, at: datetime) -> Gauge | None:
    """Return the gauge of a budget's counter with the most spending now; None without any run.

    A budget of the house or of a named target has only one counter.
    """
    if budget.scope == Budget.Scope.SESSION:
        return None
    if (key := counting.named_key(budget)) is not None:
        return read([counter_of(budget, key, at)])[0]
    scope, period = Scope(budget.scope), counting.period_of(budget, at)
    for key, spent in ledger.spent_by_each(scope, period):
        return Gauge(budget, Counter(scope, key, period), spent, budget.limit)
    return None


def names_of(counters: Iterable[Counter]) -> dict[Counter, str]:
    """Return the counters' targets: "Fox", "ada's token “films”". Three queries at most."""
    keys: dict[Scope, set[int]] = defaultdict(set)
    items = list(counters)
    for counter in items:
        keys[counter.scope].add(counter.key)
    names: dict[tuple[Scope, int], str] = {(Scope.HOUSE, 0): "The house"}
    if wanted_keys := keys[Scope.PERSON]:
        people = User.objects.filter(pk__in=wanted_keys).values_list("pk", "username")
        names |= {(Scope.PERSON, pk): name for pk, name in people}
    if wanted_keys := keys[Scope.PROJECT]:
        projects = Project.objects.filter(pk__in=wanted_keys).select_related("person")
        names |= {
            (Scope.PROJECT, project.pk): wording.project_name(project) for project in projects
        }
    if wanted_keys := keys[Scope.TOKEN]:
        tokens = TOKENS._default_manager.filter(pk__in=wanted_keys).select_related("user")
        names |= {(Scope.TOKEN, token.pk): wording.token_name(token) for token in tokens}
    return {
        counter: names.get((counter.scope, counter.key), "somebody who left") for counter in items
    }
