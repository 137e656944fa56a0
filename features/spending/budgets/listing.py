"""The budgets that a user sees, with their spending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from core.db import clock
from features.spending import visibility
from features.spending.budgets import access, counting, gauges, wording
from features.spending.budgets.gauges import BudgetCounter, Gauge
from features.spending.models import Budget
from runs.costs.ledger import Scope

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.contrib.auth.models import User

    from features.spending.budgets.access import Keys
    from projects.models import Project

ENDED = 20  # ended budgets on the page


@dataclass(frozen=True)
class NamedGauge:
    """A gauge of a budget, and the name of its counter's target."""

    gauge: Gauge
    name: str


@dataclass(frozen=True)
class BudgetView:
    """A budget for display; `lines` are the counters that the user may see."""

    budget: Budget
    title: str
    allowance: str
    lines: Sequence[NamedGauge]
    refusal: str  # why the user may not change it, and whom to ask; else empty
    is_for_each: bool
    state: str  # "Begins 1 December", "Over"; empty while it applies

    @property
    def may_change(self) -> bool:
        """Whether the user may change it."""
        return not self.refusal

    @property
    def is_by_admin(self) -> bool:
        """Whether an admin has made it for a project, so that managers may not change it."""
        return self.budget.is_by_admin and self.budget.project_id is not None


def visible_budgets(user: User, project: Project | None = None) -> list[BudgetView]:
    """Return the budgets that the user sees and that have not ended, or those of a project.

    The number of queries is constant, plus one for each budget that applies to each project,
    person or token.
    """
    budgets = _loaded(access.visible(user).filter(ended_at=None))
    if project is not None:
        budgets = [budget for budget in budgets if _is_of(budget, project)]
    return describe(user, budgets, project)


def describe(
    user: User, budgets: Sequence[Budget], project: Project | None = None
) -> list[BudgetView]:
    """Return budgets that the user sees, for display; with `project`, only its lines."""
    if not budgets:
        return []
    now, own = clock.now(), access.own_keys(user)
    sees_all = visibility.sees_all(user)
    refusals = access.refusals_to_change(user, budgets)
    counters = {
        budget.pk: _counted(budget, now, own, sees_all=sees_all, project=project)
        for budget in budgets
    }
    pairs = [pair for pairs in counters.values() for pair in pairs]
    by_key = {BudgetCounter(gauge.budget, gauge.counter): gauge for gauge in gauges.read(pairs)}
    names = gauges.names_of(
        {counter for budget, counter in pairs if counting.named_key(budget) is None}
    )
    return [
        BudgetView(
            budget,
            wording.title(budget),
            wording.allowance(budget),
            [NamedGauge(by_key[key], names.get(key.counter, "")) for key in counters[budget.pk]],
            refusals[budget.pk],
            counting.named_key(budget) is None,
            _state(budget, timezone.localdate(now)),
        )
        for budget in budgets
    ]


def ended(user: User) -> list[Budget]:
    """Return the latest ended budgets that the user may change. One query."""
    rows = access.managed(user).exclude(ended_at=None).order_by("-ended_at")
    return list(rows.select_related("project__person", "person", "token__user")[:ENDED])


def _is_of(budget: Budget, project: Project) -> bool:
    """Whether a budget belongs to the project, or to the person of a private project."""
    if budget.scope == Budget.Scope.PERSON:
        return project.is_private and budget.person_id in {None, project.person_id}
    return budget.scope == Budget.Scope.PROJECT and budget.project_id in {None, project.pk}


def _state(budget: Budget, today: date) -> str:
    if budget.begins_on is not None and budget.begins_on > today:
        return f"Begins {budget.begins_on:%-d %B}"
    return "Over" if budget.ends_on is not None and budget.ends_on < today else ""


def _loaded(budgets: Any) -> list[Budget]:
    return list(budgets.select_related("project__person", "person", "token__user"))


def _counted(
    budget: Budget, now: datetime, own: Keys, *, sees_all: bool, project: Project | None
) -> list[BudgetCounter]:
    """Return the counters of a budget that the user may see; a few, if it applies to each."""
    if budget.scope == Budget.Scope.SESSION:
        return []
    key = counting.named_key(budget)
    if key is not None:
        return [gauges.counter_of(budget, key, now)]
    if project is not None:
        return [gauges.counter_of(budget, project.pk, now)]
    keys = own[Scope(budget.scope)]
    pairs = gauges.nearest(budget, now, None if sees_all else keys)
    if budget.scope == Budget.Scope.PERSON:  # the user's own counter is always there, and first
        (own_key,) = keys
        own_pair = gauges.counter_of(budget, own_key, now)
        pairs = [own_pair, *(pair for pair in pairs if pair != own_pair)]
    return pairs
