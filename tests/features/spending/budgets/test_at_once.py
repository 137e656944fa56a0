"""Two people send or decide a budget request at the same moment."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from core import periods
from features.notifications.models import Notification
from features.spending.budgets import gauges
from features.spending.models import Budget, BudgetRequest
from features.spending.requests import decision, submission
from features.spending.requests.submission import Subject
from tests.house.made import make_admin, run_at_once
from tests.projects.people import make_project, person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def test_a_request_is_sent_once_and_decided_once() -> None:
    eva, eve = make_admin("eva"), make_admin("eve")
    fox = make_project("Fox", ana="maker")
    ana = person("ana")
    budget = Budget.objects.create(scope="project", project=fox, limit=Decimal(1))
    month = periods.name_of_month(timezone.now())
    subject = Subject(budget, fox.pk, month, amount=Decimal(3))
    ask = lambda: submission.ask(ana, subject, "Why not", "")  # noqa: E731
    assert run_at_once(ask, ask, ask) == ["done"] * 3
    request = BudgetRequest.objects.get()
    assert Notification.objects.filter(kind="budget_request").count() == 2

    outcomes = run_at_once(
        lambda: decision.grant(eva, request.pk, ""),
        lambda: decision.grant(eve, request.pk, ""),
        lambda: decision.refuse(eve, request.pk, ""),
    )
    assert outcomes.count("done") == 1
    assert sum("already" in outcome for outcome in outcomes) == 2
    decided = BudgetRequest.objects.get()
    (gauge,) = gauges.read([gauges.counter_of(budget, fox.pk, timezone.now())])
    assert gauge.limit == (4 if decided.is_granted else 1)
    assert Notification.objects.filter(user=ana).count() == 1
