"""A daily limit sends one warning at 80 % and one at 100 %."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from features.notifications import budgets
from features.notifications.models import Notification, NotificationPreferences
from runs.costs import daily_sums
from runs.models import Charge, Run
from runs.state import state_machine
from runs.state.transitions import Observation
from tests.runs.start.started import start_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def bill(user: User, make_endpoint: Any) -> Callable[..., Any]:
    """`bill("1.5")` → a run of today that has ended and cost this much."""
    priced = make_endpoint(unit_price_usd=Decimal(1), price_unit="images", currency="USD")
    keys = map(str, count())

    def make(amount: str, *, by: User = user, endpoint: Any = priced, days_ago: int = 0) -> None:
        run, _ = start_run(user=by, endpoint=endpoint, arguments={}, key=next(keys))
        if days_ago:
            then = timezone.now() - timedelta(days=days_ago)
            Charge.objects.filter(run=run).update(created_at=then)
            list(daily_sums.rebuild())
        end = Observation(Run.State.SUCCEEDED, output={}, billable_units=amount)
        state_machine.record(run.pk, end)

    return make


def subjects() -> list[str]:
    return [notification.subject for notification in Notification.objects.order_by("created_at")]


def test_a_daily_limit_warns_at_80_and_100_percent(user, bill):
    assert budgets.check_daily_limits() == budgets.REST_S
    NotificationPreferences.objects.create(user=user, daily_limit=10)
    bill("6.9")
    bill("5", days_ago=1)
    bill("")  # without a bill from upstream, the run counts with its highest possible cost
    assert budgets.check_daily_limits() == budgets.CHECK_EVERY_S
    assert subjects() == []
    bill("0.1")
    for _ in range(2):
        budgets.check_daily_limits()
    assert subjects() == ["80 % of your daily limit are spent"]
    assert "$8.00 of $10.00" in Notification.objects.get().text
    bill("3")
    for _ in range(2):
        budgets.check_daily_limits()
    assert subjects()[1:] == ["All of your daily limit is spent"]
    NotificationPreferences.objects.update(daily_limit=12)
    budgets.check_daily_limits()
    assert len(subjects()) == 3


def test_runs_of_others_or_in_another_currency_do_not_count(user, stranger, bill, make_endpoint):
    NotificationPreferences.objects.create(user=user, daily_limit=10)
    bill("50", by=stranger)
    euros = make_endpoint("fal-ai/euro", unit_price_usd=Decimal(1), currency="EUR")
    bill("50", endpoint=euros)
    budgets.check_daily_limits()
    assert subjects() == []
