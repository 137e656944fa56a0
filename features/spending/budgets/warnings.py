"""Warns of budgets that are nearly or fully spent, each once per period and limit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db.models import Model
from django.utils import timezone

from accounts import roles
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
REST_S = 60.0  # while there are no budgets
MOST_AT_ONCE = 500  # counters of a budget that applies to each


def warn() -> float:
    """Notify people when 80 % or all of a budget is spent; returns the seconds to wait.

    These are whoever made the budget, and those whose money it is: the admins for the house, a
    project's managers, a person, a token's owner.
    """
    now = clock.now()
    holding = Budget.objects.holding(timezone.localdate(now))
    budgets = list(holding.select_related("made_by"))
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
    owners = _owners({gauge.counter for gauge in near})
    for gauge in near:
        people = {person.pk: person for person in owners[gauge.counter] if person.is_active}
        maker = gauge.budget.made_by
        if maker and maker.is_active and access.may_see(maker, gauge.budget, gauge.counter.key):
            people[maker.pk] = maker
        for pk in people.keys() - warned_users[_key(gauge)]:
            _notify(people[pk], gauge, names[gauge.counter])


def _owners(counters: set[Counter]) -> dict[Counter, list[User]]:
    """Return the people whose money is counted. Four queries at most."""
    keys: dict[Scope, set[int]] = defaultdict(set)
    for counter in counters:
        keys[counter.scope].add(counter.key)
    owners: dict[tuple[Scope, int], list[User]] = defaultdict(list)
    if keys[Scope.HOUSE]:
        owners[Scope.HOUSE, 0] = list(roles.admins())
    if wanted_keys := keys[Scope.PROJECT]:
        for membership in access.managers(wanted_keys).select_related("user"):
            owners[Scope.PROJECT, membership.project_id].append(membership.user)
    if wanted_keys := keys[Scope.PERSON]:
        for person in User.objects.filter(pk__in=wanted_keys):
            owners[Scope.PERSON, person.pk].append(person)
    if wanted_keys := keys[Scope.TOKEN]:
        tokens = access.TOKENS._default_manager.filter(pk__in=wanted_keys)
        token: Any
        for token in tokens.select_related("user"):
            owners[Scope.TOKEN, token.pk].append(token.user)
    return {counter: owners[counter.scope, counter.key] for counter in counters}


def _notify(person: User, gauge: Gauge, name: str) -> None:
    share = "All" if gauge.is_spent else "80 %"
    verb = "is" if gauge.is_spent else "are"
    title = "the house's budget" if gauge.counter.scope == Scope.HOUSE else f"the budget of {name}"
    end = wording.until(gauge.budget, gauge.counter.period)
    outlook = (
        f"Nothing more can start{end}, unless somebody allows more."
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
