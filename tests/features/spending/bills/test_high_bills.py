"""People are told of a settled run that costs far more than expected, once."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from features.notifications import inbox
from features.notifications.models import Notification
from features.spending.bills import high_bills
from runs.costs import ledger
from runs.models import Charge, Run

pytestmark = pytest.mark.django_db

MakeCharge = Callable[..., Charge]


@pytest.fixture
def make_charge(make_run: Callable[..., Any], user: User) -> MakeCharge:
    """`make_charge("0.05", cost="5")`: a run that upstream's billing event has settled."""

    def make(expected: str | None, cost: str | None = None, **values: Any) -> Charge:
        run = make_run(state="succeeded", request_id="req")
        estimate = None if expected is None else Decimal(expected)
        charge = Charge(
            run=run, user=user, project=run.project, endpoint=run.endpoint, expected=estimate,
            created_at=timezone.now(), **values,
        )  # fmt: skip
        ledger.write_charges([charge])
        if cost is not None:
            ledger.report(run.pk, Decimal(cost))
        charge.refresh_from_db()
        return charge

    return make


@pytest.mark.parametrize(
    ("expected", "cost", "is_told"),
    [
        # exactly three times, and exactly $1 more: both limits must be exceeded
        ("0.50", "1.50", False),
        ("0.50", "1.500000001", True),
        ("0.05", "1.05", False),  # 21 times as much, but exactly $1 more
        ("10", "31", True),
        ("0", "1.01", True),
        ("0.05", "0", False),
    ],
)
def test_factor_and_least_difference_are_both_passed(make_charge, expected, cost, is_told):
    make_charge(expected, cost)
    high_bills.check_settled()
    assert Notification.objects.exists() == is_told


def test_without_an_estimate_earlier_paid_runs_say_what_was_expected(make_charge):
    for cost in ("0.10", "0.20"):
        make_charge(None, cost)
    make_charge(None, "50")
    high_bills.check_settled()
    assert not Notification.objects.exists()  # two earlier runs are too few
    make_charge(None, "0.30")
    make_charge(None, "9")
    high_bills.check_settled()
    # the median of 0.10, 0.20, 50 and 0.30
    assert "has cost $9.00 instead of about $0.25" in Notification.objects.get().subject


def test_who_started_it_and_the_admins_are_told_once(make_charge, user):
    admin = User.objects.create_superuser("root")
    User.objects.create_superuser("gone", is_active=False)
    charge = make_charge("0.05", "5")
    assert charge.run_id
    for cost in ("5", "6", "7"):
        ledger.report(charge.run_id, Decimal(cost))
        high_bills.check_settled()
    notes = Notification.objects.filter(kind=high_bills.KIND)
    assert sorted(note.user_id for note in notes) == sorted([user.pk, admin.pk])
    assert notes[0].subject == "A run of dev has cost $5.00 instead of about $0.05"
    assert "Request req." in notes[0].text
    assert notes[0].path == reverse("playground:run", args=[charge.run_id])
    assert (inbox.count_new(user), inbox.count_new(admin)) == (1, 1)
    User.objects.filter(pk=admin.pk).update(is_superuser=False, is_staff=False)
    assert inbox.count_new(User.objects.get(pk=admin.pk)) == 0


def test_nobody_is_told_of_what_is_under_way_or_released_or_only_estimated(make_charge):
    make_charge("500")
    ended = make_charge("500")
    assert ended.run_id
    run = Run.objects.get(pk=ended.run_id)
    ledger.settle(run, {"state": "succeeded"}, None, "USD")
    assert not Charge.objects.filter(awaits_check=True).exists()
    high_bills.check_settled()
    assert not Notification.objects.exists()


def test_an_idle_round_is_one_query_of_a_partial_index(make_charge):
    make_charge("0.05", "0.05")
    high_bills.check_settled()
    with CaptureQueriesContext(connection) as captured:
        assert high_bills.check_settled() == high_bills.EVERY_S
    assert len(captured) == 1
    if connection.vendor == "sqlite":
        waiting = Charge.objects.filter(awaits_check=True).order_by("pk")
        assert "charge_awaits_check" in waiting.explain()
