"""The requests that a user sees: waiting for their decision, their own, and decided ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from features.spending import visibility
from features.spending.budgets import access, gauges
from features.spending.models import BudgetRequest
from features.spending.requests import model_rules, submission

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

LATEST = 30


@dataclass(frozen=True)
class Line:
    """A request in words."""

    request: BudgetRequest
    words: str
    period: str


def decided_by(user: User) -> QuerySet[BudgetRequest]:
    """Return the requests that the user may decide on, decided ones included."""
    money = Q(endpoint=None)
    if not visibility.sees_all(user):
        money &= Q(budget__in=access.managed(user).values("pk"))
    return BudgetRequest.objects.filter(money | model_rules.decidable_by(user))


def visible(user: User) -> QuerySet[BudgetRequest]:
    """Return the requests that the user has made or may decide on."""
    return decided_by(user) | BudgetRequest.objects.filter(user=user)


def waiting_for(user: User) -> list[Line]:
    """Return the requests that wait for the user's decision, the oldest first."""
    return _lines(undecided(user).order_by("created_at")[:LATEST])


def undecided(user: User) -> QuerySet[BudgetRequest]:
    """Return the requests that wait for the user's decision."""
    return decided_by(user).filter(decided_at=None)


def asked_by(user: User) -> list[Line]:
    """Return the user's own requests, the newest first."""
    return _lines(BudgetRequest.objects.filter(user=user)[:LATEST])


def decided(user: User) -> list[Line]:
    """Return the latest decided requests among those that the user may decide on."""
    rows = decided_by(user).exclude(decided_at=None)
    return _lines(rows.order_by("-decided_at")[:LATEST])


def _lines(rows: QuerySet[BudgetRequest]) -> list[Line]:
    """Return rows in words; four queries at most for any number of rows."""
    requests = list(rows.select_related("budget", "user", "decided_by", "endpoint", "project"))
    counters = {request.pk: submission.counter_of(request) for request in requests}
    names = gauges.names_of(counter for counter in counters.values() if counter)
    return [
        Line(
            request,
            submission.in_words(request, names.get(counter) if counter else None),
            submission.period_in_words(request),
        )
        for request in requests
        for counter in [counters[request.pk]]
    ]
