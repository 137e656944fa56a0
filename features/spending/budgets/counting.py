"""Which counters of the ledger a budget limits, and until when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from core import periods
from core.db import clock
from features.spending.models import Budget
from runs.costs.ledger import Counter, Scope

if TYPE_CHECKING:
    from runs.models import Charge

_KEYS = {Scope.PROJECT: "project_id", Scope.PERSON: "person_id", Scope.TOKEN: "token_id"}


def holding_for(charges: Iterable[Charge], at: datetime) -> list[Budget]:
    """Return the budgets that apply now to any of these charges. One query.

    Budgets of assistants' sessions are left out: `api/charges.py` reads them.
    """
    keys: dict[Scope, set[int]] = {scope: set() for scope in Scope}
    for charge in charges:
        for scope, of_scope in keys.items():
            if (key := key_of(charge, scope)) is not None:
                of_scope.add(key)
    condition = Q(scope=Budget.Scope.HOUSE)
    for scope, column in _KEYS.items():
        is_for_these = Q(**{column: None}) | Q(**{f"{column}__in": keys[scope]})
        condition |= Q(scope=scope.value) & is_for_these
    rows = Budget.objects.holding(timezone.localdate(at)).filter(condition)
    return [budget for budget in rows if keys[Scope(budget.scope)]]


def key_of(charge: Charge, scope: Scope) -> int | None:
    """Return the charge's key in a scope; None for a token's scope without a token."""
    match scope:
        case Scope.PROJECT:
            return charge.project_id
        case Scope.PERSON:
            return charge.user_id
        case Scope.TOKEN:
            return charge.token_id
        case _:
            return 0


def counter_of(budget: Budget, charge: Charge) -> Counter | None:
    """Return the counter of a charge for a budget; None if the budget does not apply to it."""
    scope = Scope(budget.scope)
    key = key_of(charge, scope)
    budget_key = named_key(budget)
    if key is None or (budget_key is not None and budget_key != key):
        return None
    return Counter(scope, key, period_of(budget, charge.created_at))


def named_key(budget: Budget) -> int | None:
    """Return the key of the budget's only target, 0 for the house; None if it applies to each."""
    column = _KEYS.get(Scope(budget.scope)) if budget.scope != Budget.Scope.SESSION else None
    if column is None:
        return 0 if budget.scope == Budget.Scope.HOUSE else None
    key: int | None = getattr(budget, column)
    return key


def period_of(budget: Budget, at: datetime) -> str:
    """Return the name of a budget's period at a time."""
    match budget.period:
        case Budget.Period.DAY:
            return periods.name_of_day(at)
        case Budget.Period.MONTH:
            return periods.name_of_month(at)
        case _:
            return periods.name_since(budget.begins_on or date.min.replace(year=2000))


def ends_at(budget: Budget, period: str) -> datetime | None:
    """Return when the budget's period ends; None if it never does."""
    _, end = periods.bounds(period)
    if end is None and budget.ends_on is not None:
        return periods.bounds(f"{budget.ends_on:%Y-%m-%d}")[1]
    return end


def session_limit() -> Decimal | None:
    """Return the most that a session may spend; None without such a budget. One query."""
    holding = Budget.objects.holding(timezone.localdate(clock.now()))
    limits = holding.filter(scope=Budget.Scope.SESSION).order_by("limit")
    return limits.values_list("limit", flat=True).first()
