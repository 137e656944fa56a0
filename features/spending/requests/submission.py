"""Requests for more: one at a time, sent to those who may allow it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from accounts.audit import trail
from core.db import clock
from core.formatting import money
from core.refusals import Refused
from features.notifications import outbox
from features.spending.budgets import access, counting, gauges, wording
from features.spending.models import Budget, BudgetRequest
from features.spending.requests import model_rules
from projects.rules import editing, enforcement
from runs.costs.ledger import NOTHING, Counter, Scope

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from catalog.models import Endpoint
    from projects.models import Project

KIND = "budget_request"
MODEL_KIND = "model_request"
NOT_LOCKED = "No rule locks this model any more: run it."
ENDED = "This budget no longer applies: try again what was refused."
BEGUN_ANEW = "This budget has started again since: try again what was refused."


@dataclass(frozen=True)
class Subject:
    """The subject of a request: an amount more in a budget's counter, or a model.

    A model has the `project` whose rules may open it, None for those of the house.
    """

    budget: Budget | None = None
    key: int = 0
    period: str = ""
    endpoint: Endpoint | None = None
    project: Project | None = None
    amount: Decimal = NOTHING

    @classmethod
    def of_request(cls, request: BudgetRequest) -> Subject:
        """Return the subject of a request."""
        names = ("budget", "scope_key", "period", "endpoint", "project", "amount")
        return cls(*(getattr(request, name) for name in names))

    @property
    def deciders(self) -> QuerySet[User]:
        """Return who decides on requests about it."""
        if self.budget is not None:
            return access.deciders(self.budget)
        return model_rules.deciders(self.project)


def may_decide(user: User, request: BudgetRequest) -> bool:
    """Return whether the user may allow or refuse the request."""
    if request.budget is None:
        return editing.may_change(user, request.project)
    return access.may_change(user, request.budget)


def subject_of(
    user: User, budget_id: int, key: int, period: str, amount: Decimal
) -> Subject | None:
    """Return a budget's counter that limits the user; None if it does not limit them.

    The period is not checked: `require_open` does that.
    """
    budget = Budget.objects.select_related("project", "person").filter(pk=budget_id).first()
    if budget is None or not access.limits(user, budget, key):
        return None
    return Subject(budget, key, period, amount=amount)


def require_open(subject: Subject, at: datetime) -> None:
    """Raise Refused, with advice, unless the budget applies and is in this period."""
    budget = subject.budget
    if subject.endpoint is not None:
        if enforcement.lock(subject.project, subject.endpoint) is None:
            raise Refused(NOT_LOCKED)
    elif (
        budget is None
        or not Budget.objects.holding(timezone.localdate(at)).filter(pk=budget.pk).exists()
    ):
        raise Refused(ENDED)
    elif counting.period_of(budget, at) != subject.period:
        raise Refused(BEGUN_ANEW)


def waiting(user: User, subject: Subject) -> BudgetRequest | None:
    """Return the user's undecided request for this subject; None if there is none."""
    rows = BudgetRequest.objects.filter(user=user, decided_at=None, budget=subject.budget)
    rows = rows.filter(endpoint=subject.endpoint, project=subject.project)
    if subject.budget is not None:
        rows = rows.filter(scope_key=subject.key, period=subject.period)
    return rows.first()


def ask(user: User, subject: Subject, sentence: str, path: str) -> BudgetRequest:
    """Create a request and notify the deciders; return the undecided one if there is one.

    Raises Refused. `path` is the page that was refused, without scheme and host.
    """
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # a double click waits here
        require_open(subject, clock.now())
        if earlier := waiting(user, subject):
            return earlier
        request = BudgetRequest.objects.create(
            budget=subject.budget,
            scope_key=subject.key,
            period=subject.period,
            endpoint=subject.endpoint,
            project=subject.project,
            user=user,
            amount=subject.amount,
            sentence=sentence,
            path=path,
        )
        trail.record(user, "asked for more", [request], in_words(request))
        for decider in subject.deciders.exclude(pk=user.pk):
            outbox.notify(
                decider,
                KIND if subject.endpoint is None else MODEL_KIND,
                subject=f"{user.get_username()} asks for {in_words(request)}",
                text=f"{sentence}\n\nAllow or refuse it on the page below.".strip(),
                path=request.get_absolute_url(),
                key=f"budget request {request.pk}",
                about=request,
            )
    return request


def in_words(request: BudgetRequest) -> str:
    """Return "$5.00 more for Fox", "$5.00 more" for the user's own, or "Veo"."""
    if request.endpoint is not None:
        name = request.endpoint.name
        return f"{name} in {request.project}" if request.project else name
    counter = counter_of(request)
    more = f"{money(request.amount)} more"
    if counter is None or counter[:2] == (Scope.PERSON, request.user_id):
        return more
    is_of_house = counter.scope == Scope.HOUSE
    return f"{more} for {'the house' if is_of_house else gauges.names_of([counter])[counter]}"


def counter_of(request: BudgetRequest) -> Counter | None:
    """Return the counter of a request; None for a model."""
    if request.budget is None:
        return None
    return Counter(Scope(request.budget.scope), request.scope_key, request.period)


def period_in_words(request: BudgetRequest) -> str:
    """Return "November 2026", "27 November" or "since 1 November 2026"; empty for a model."""
    return wording.period_in_words(request.period) if request.period else ""
