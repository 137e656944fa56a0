"""Warns of budgets that are nearly or fully spent, each once per period and limit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db.models import Model
from django.utils import timezone

from core.db import clock
from core.formatting import money
from features.notifications import kinds, outbox
from features.notifications.models import Notification
from features.spending.budgets import access, counting, gauges, wording
from features.spending.budgets.gauges import BudgetCounter, Gauge
from features.spending.models import Budget
from projects.models import Project
from runs.costs import ledger
from runs.costs.ledger import Counter, Scope

if TYPE_CHECKING:
    from datetime import datetime

CHECK_EVERY_S = 15.0
REST_S = 60.0  # while no budget has people to notify
MOST_AT_ONCE = 500  # counters of a budget that applies to each


def warn() -> float:
    """Notify a budget's people when 80 % or all of it is spent; returns the seconds to wait.

    For a budget that applies to each, notify only people who may see the counter: admins, and that
    person or the members of that project.
    """
    now = clock.now()
    holding = Budget.objects.holding(timezone.localdate(now)).filter(informed__is_active=True)
    related = holding.select_related("project__person", "person", "token__user").distinct()
    budgets = list(related.prefetch_related("informed"))
    if not budgets:
        return REST_S
    budget_counters = [pair for budget in budgets for pair in _counted(budget, now)]
    near = [gauge for gauge in gauges.read(budget_counters) if gauge.is_nearly_spent]
    if near:
        _tell(near)
    return CHECK_EVERY_S


def _counted(budget: Budget, now: datetime) -> list[BudgetCounter]:
    """Return the counters to check; of a budget that applies to each, those near 80 %."""
    if budget.scope == Budget.Scope.SESSION:
        return []
    key = counting.named_key(budget)
    if key is not None:
        return [gauges.counter_of(budget, key, now)]
    scope, period = Scope(budget.scope), counting.period_of(budget, now)
    bar = gauges.NEARLY * budget.limit
    near = [key for key, spent in ledger.spent_by_each(scope, period) if spent >= bar]
    return [BudgetCounter(budget, Counter(scope, key, period)) for key in near[:MOST_AT_ONCE]]


def _tell(near: Sequence[Gauge]) -> None:
    keys = {_key(gauge) for gauge in near}
    warned_users: dict[str, set[int]] = defaultdict(set)
    for key, user_id in Notification.objects.filter(key__in=keys).values_list("key", "user_id"):
        warned_users[key].add(user_id)
    names = gauges.names_of({gauge.counter for gauge in near})
    for gauge in near:
        for person in gauge.budget.informed.all():
            is_due = person.is_active and person.pk not in warned_users[_key(gauge)]
            if is_due and access.may_see(person, gauge.budget, gauge.counter.key):
                _notify(person, gauge, names[gauge.counter])


def _notify(person: User, gauge: Gauge, name: str) -> None:
    share = "All" if gauge.is_spent else "80 %"
    verb = "is" if gauge.is_spent else "are"
    title = "the house's budget" if gauge.counter.scope == Scope.HOUSE else f"the budget of {name}"
    end = wording.until(gauge.budget, gauge.counter.period)
    outlook = (
        f"Nothing more can start{end}, unless somebody grants more."
        if gauge.is_spent
        else f"{money(gauge.left)} is left{end}."
    )
    outbox.notify(
        person,
        kinds.BUDGET_WARNING,
        subject=f"{share} of {title} {verb} spent",
        text=f"{money(gauge.spent)} of {money(gauge.limit)}, including runs under way. {outlook}",
        path=gauge.budget.get_absolute_url(),
        key=_key(gauge),
        about=_whose(gauge),
    )


def _whose(gauge: Gauge) -> Model:
    """Return the row that the warning is about: the project, the person, or else the budget."""
    counter = gauge.counter
    owners = {Scope.PROJECT: Project(pk=counter.key), Scope.PERSON: User(pk=counter.key)}
    return owners.get(counter.scope, gauge.budget)


def _key(gauge: Gauge) -> str:
    """Return the key of a warning: the budget, its counter, its limit, and the share."""
    share = "all" if gauge.is_spent else "80"
    limit = f"{gauge.limit.normalize():f}"
    return f"budget {gauge.budget.pk} {gauge.counter.name} {gauge.counter.period} {limit} {share}"
