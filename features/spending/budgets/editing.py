"""Makes, changes, ends and restores budgets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction

from core.db import clock
from core.refusals import Refused
from features.spending import visibility
from features.spending.budgets import access, headroom, wording
from features.spending.models import Budget
from runs.costs import ledger

GONE = "The budget no longer exists."
TWICE = "{whose} now has another such budget: {allowance}. Change that one instead."


def save(by: User, budget: Budget) -> Budget:
    """Make or change a budget, which applies at once. Raises PermissionDenied."""
    with transaction.atomic():
        ledger.lock_house()  # simultaneous starts wait, and obey it
        if budget.pk is None:
            budget.made_by, budget.is_by_admin = by, visibility.sees_all(by)
        budget.save()
        _require(by, budget)
    headroom.forget()
    return budget


def limit_token(by: User, token: Any, limit: Decimal, period: str) -> None:
    """Make the budget that a person sets for a token of their own as they create it."""
    with transaction.atomic():
        ledger.lock_house()
        Budget.objects.create(
            scope=Budget.Scope.TOKEN, token=token, limit=limit, period=period, made_by=by
        )
    headroom.forget()


def end(by: User, budget: Budget) -> Budget:
    """End a budget: it holds nobody back from now on. Raises PermissionDenied and Refused."""
    with transaction.atomic():
        budget = _locked(by, budget.pk)
        if budget.ended_at is None:
            budget.ended_at = clock.now()
            budget.save(update_fields=["ended_at"])
    return budget


def bring_back(by: User, budget: Budget) -> Budget:
    """Undo the end of a budget. Raises PermissionDenied, and Refused if there is one in its place.

    Spending since its end counts.
    """
    with transaction.atomic():
        budget = _locked(by, budget.pk)
        twin = Budget.objects.filter(
            ended_at=None,
            scope=budget.scope,
            project=budget.project_id,
            person=budget.person_id,
            token=budget.token_id,
            is_by_admin=budget.is_by_admin,
            period=budget.period,
            begins_on=budget.begins_on,
        ).first()
        if twin is not None and twin != budget:
            owner_phrase, allowance = wording.title(twin), wording.allowance(twin)
            raise Refused(TWICE.format(whose=owner_phrase, allowance=allowance))
        if budget.ended_at is not None:
            budget.ended_at = None
            budget.save(update_fields=["ended_at"])
    return budget


def _locked(by: User, pk: int) -> Budget:
    ledger.lock_house()
    budget = Budget.objects.filter(pk=pk).first()
    if budget is None:
        raise Refused(GONE)
    _require(by, budget)
    return budget


def _require(by: User, budget: Budget) -> None:
    if refusal := access.refusals_to_change(by, [budget])[budget.pk]:
        raise PermissionDenied(refusal)
