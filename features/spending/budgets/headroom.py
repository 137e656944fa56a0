"""The remaining budget for the user of a page: the smallest among those that limit their runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from django.db import DatabaseError
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from core.db import clock
from core.formatting import money
from features.spending.budgets import gauges, wording
from features.spending.budgets.gauges import Gauge
from features.spending.models import Budget
from projects import current
from runs.costs.ledger import Scope
from schemas.estimate.wording import nobody_pays

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpRequest

    from projects.models import Project


REUSED_FOR_S = 8.0


class Headroom(NamedTuple):
    """The remaining amount, for the page's header."""

    words: str
    title: str
    address: str


def of_request(request: HttpRequest) -> Headroom | None:
    """Return what is left for the request's user in its project; None if no budget applies.

    Where nobody pays, as in the sandbox, it is None, too.

    Two queries, and one for each scope and period. While no budgets exist, one query every few
    seconds.
    """
    if not request.user.is_authenticated or nobody_pays() or not _is_any_made():
        return None
    user = request.user
    try:
        project = current.current(request)
    except current.NotAMember:
        project = current.chosen(user)
    try:
        gauge = least(user, project)
    except DatabaseError:  # the page says what is wrong with the database
        return None
    return None if gauge is None else _in_words(gauge, project)


def _is_any_made() -> bool:
    """Return whether any budget exists, cached for seconds: a new installation has none."""
    global _known
    is_any, good_until = _known
    if good_until < time.monotonic():
        try:
            is_any = Budget.objects.filter(ended_at=None).exists()
        except DatabaseError:  # the page says what is wrong with the database
            return False
        _known = is_any, time.monotonic() + REUSED_FOR_S
    return is_any


def forget() -> None:
    """Discard the cached result of `_is_any_made`."""
    global _known
    _known = False, 0.0


_known: tuple[bool, float] = False, 0.0


def least(user: User, project: Project) -> Gauge | None:
    """Return the gauge with the least left for a run of the user in the project."""
    now = clock.now()
    condition = Q(scope=Budget.Scope.HOUSE)
    condition |= Q(scope=Budget.Scope.PROJECT) & (Q(project=None) | Q(project=project))
    condition |= Q(scope=Budget.Scope.PERSON) & (Q(person=None) | Q(person=user))
    budgets = Budget.objects.holding(timezone.localdate(now)).filter(condition)
    keys = {Scope.HOUSE: 0, Scope.PROJECT: project.pk, Scope.PERSON: user.pk}
    pairs = [gauges.counter_of(budget, keys[Scope(budget.scope)], now) for budget in budgets]
    return min(gauges.read(pairs), key=lambda gauge: gauge.left, default=None)


def _in_words(gauge: Gauge, project: Project) -> Headroom:
    owner_phrase = {
        Scope.HOUSE: "The house",
        Scope.PERSON: "You",
        Scope.PROJECT: "This private project" if project.is_private else f"“{project}”",
    }[gauge.counter.scope]
    end = wording.until(gauge.budget, gauge.counter.period)
    have = "have" if gauge.counter.scope == Scope.PERSON else "has"
    return Headroom(
        words=f"{money(gauge.left)} left",
        title=f"{owner_phrase} {have} {money(gauge.left)} of {money(gauge.limit)} left{end}",
        address=reverse("spending:budgets"),
    )
