"""The requests that a user sees, and those that wait for their decision."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db.models import Q
from django.urls import reverse

from core.formatting import money
from features.notifications.subjects import Button
from features.spending import visibility
from features.spending.budgets import access
from features.spending.models import BudgetRequest
from features.spending.requests import model_rules

if TYPE_CHECKING:
    import uuid

    from django.contrib.auth.models import User
    from django.db.models import QuerySet


def decided_by(user: User) -> QuerySet[BudgetRequest]:
    """Return the requests that the user may decide on, decided ones included."""
    of_money = Q(endpoint=None)
    if not visibility.sees_all(user):
        of_money &= Q(budget__in=access.managed(user).values("pk"))
    return BudgetRequest.objects.filter(of_money | model_rules.decidable_by(user))


def visible(user: User) -> QuerySet[BudgetRequest]:
    """Return the requests that the user has made or may decide on."""
    return decided_by(user) | BudgetRequest.objects.filter(user=user)


def undecided(user: User) -> QuerySet[BudgetRequest]:
    """Return the requests that wait for the user's decision."""
    return decided_by(user).filter(decided_at=None)


def buttons(user: User, keys: Collection[uuid.UUID]) -> dict[uuid.UUID, Button]:
    """Return the buttons that allow those of these requests that wait for the user. One query."""
    rows = undecided(user).filter(pk__in=keys).values_list("pk", "endpoint", "amount")
    return {
        pk: Button(
            f"Allow {money(amount)}" if endpoint is None else "Allow",
            reverse("spending:request-decision", args=[pk]),
            "grant",
        )
        for pk, endpoint, amount in rows
    }
