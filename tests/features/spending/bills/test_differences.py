"""The page of runs whose estimate and bill differ: its rows, for which users, its texts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from features.spending.bills import balance, differences
from features.spending.models import BillingEvent, BillingState
from features.spending.views.prices import DIFFERING
from projects.models import Membership, Project
from runs.models import Charge
from tests.conftest import grant

pytestmark = pytest.mark.django_db

MakeCharge = Callable[..., Charge]


@pytest.fixture
def make_charge(make_run: Callable[..., Any], user: User) -> MakeCharge:
    """`make_charge(expected="0.05", billed="0.1", reported=None)` → a settled charge."""

    def make(**values: Any) -> Charge:
        sums = {
            name: None if values.get(name) is None else Decimal(values.pop(name))
            for name in ("expected", "billed", "reported")
        }
        best = next((sums[name] for name in ("reported", "billed", "expected") if sums[name]), None)
        person = values.pop("user", user)
        run = make_run(state="succeeded", user=person, **values.pop("run", {}))
        defaults = {
            "created_at": timezone.now(), "state": "settled", "project": run.project,
            "amount": best,
        }  # fmt: skip
        rest = {key: value for key, value in values.items() if value is not None}
        return Charge.objects.create(
            run=run, user=person, endpoint=run.endpoint, **{**defaults, **sums, **rest}
        )

    return make


def read_page(person: User, **query: Any) -> str:
    client = Client()
    client.force_login(person)
    return client.get(reverse("spending:differences"), query).content.decode()


def admin() -> User:
    person = User.objects.create_user("root", is_staff=True)
    grant(person, "spending.change_budget")
    return person


@pytest.mark.parametrize(
    ("sums", "differs"),
    [
        ({"expected": "0.50", "billed": "0.50", "reported": "0.50"}, False),
        ({"expected": "0.50", "billed": "0.50"}, False),
        ({"expected": "0.50"}, False),
        ({"billed": "0.50"}, False),
        ({"expected": "0.10", "billed": "0.11"}, False),  # exactly a cent
        ({"expected": "0.10", "billed": "0.12"}, True),
        ({"expected": "10", "billed": "10.50"}, False),  # exactly 5 %
        ({"expected": "10", "billed": "10.51"}, True),
        ({"expected": "0.50", "billed": "0.20"}, True),
        ({"expected": "0.50", "billed": "0.20", "reported": "0.50"}, True),
        ({"billed": "0.20", "reported": "0.50"}, True),
        ({"expected": "0.50", "reported": "0.20"}, True),
        ({"expected": "1000000000", "billed": "2"}, True),
    ],
)
def test_more_than_a_cent_and_five_percent_differ(
    make_charge: MakeCharge, user: User, sums: dict[str, str], differs: bool
) -> None:
    make_charge(**sums)
    assert differences.differing(user).exists() == differs


@pytest.mark.parametrize("state", ["reserved", "released"])
def test_only_settled_runs_are_listed(make_charge: MakeCharge, user: User, state: str) -> None:
    make_charge(expected="1", billed="9", state=state)
    assert not differences.differing(user).exists()


def test_everybody_sees_their_own_managers_their_projects_admins_all(
    make_charge: MakeCharge, user: User, stranger: User
) -> None:
    team = Project.objects.create(name="Poster", slug="poster")
    Membership.objects.create(project=team, user=user, role="maker")
    make_charge(expected="1", billed="7.11", run={"project": team})
    make_charge(expected="1", billed="8.22")
    assert "$7.11" in read_page(user)
    assert "$8.22" in read_page(user)
    for role in ("viewer", "maker"):
        Membership.objects.update_or_create(project=team, user=stranger, defaults={"role": role})
        assert "$7.11" not in read_page(stranger)
    Membership.objects.filter(user=stranger).update(role="manager")
    page = read_page(stranger)
    assert "$7.11" in page
    assert "$8.22" not in page
    page = read_page(admin())
    assert "$7.11" in page
    assert "$8.22" in page
    assert user.username in page


def test_an_admin_gets_no_link_to_a_run_that_may_not_be_read(make_charge: MakeCharge) -> None:
    charge = make_charge(expected="1", billed="8.22")
    assert str(charge.run_id) not in read_page(admin())


def test_events_of_unknown_requests_are_for_admins(user: User) -> None:
    BillingEvent.objects.create(request_id="not-ours", cost=Decimal(3))
    assert "not-ours" not in read_page(user)
    assert "not-ours" in read_page(admin())


def test_an_odd_event_has_its_sentence(make_charge: MakeCharge, user: User) -> None:
    charge = make_charge(expected="1", billed="8")
    BillingEvent.objects.create(request_id="odd", run_id=charge.run_id, cost=Decimal(-3))
    assert "a sum below zero" in read_page(user)


def test_pages_go_from_new_to_old_with_as_many_queries(
    make_charge: MakeCharge, user: User, django_assert_max_num_queries: Any
) -> None:
    now = timezone.now()
    for number in range(DIFFERING + 1):
        make_charge(expected="1", billed=str(number + 2), created_at=now - timedelta(hours=number))
    assert 'rel="next"' in read_page(user)
    client = Client()
    client.force_login(user)
    client.get(reverse("spending:differences"))
    with django_assert_max_num_queries(14):
        page = client.get(reverse("spending:differences"), {"page": 2}).content.decode()
    assert 'rel="prev"' in page
    assert "$52.00" in page


def test_without_a_key_the_page_says_what_it_would_bring(user: User) -> None:
    assert "FAL_ADMIN_KEY" in read_page(admin())
    page = read_page(user)
    assert "FAL_ADMIN_KEY" not in page
    assert "does not read fal" in page


def test_trouble_and_balance_are_said(make_charge: MakeCharge, user: User) -> None:
    make_charge(expected="14", created_at=timezone.now() - timedelta(days=14))
    make_charge(expected="7", created_at=timezone.now() - timedelta(days=1))
    now = timezone.now()
    BillingState.objects.create(
        pk=1, has_key=True, trouble="fal's billing answers 500: no.", balance=Decimal("18.20"),
        balance_at=now, read_at=now,
    )  # fmt: skip
    assert "answers 500" in read_page(user)
    assert "Balance" not in read_page(user)
    assert "Balance $18.20, lasts about 36 days." in read_page(admin())


@pytest.mark.parametrize(
    ("amount", "per_day", "words"),
    [
        ("14.20", "1.10", "Balance $14.20, lasts about 12 days"),
        ("14.20", "0", "Balance $14.20"),
        ("0.5", "1", "Balance $0.50, lasts less than a day"),
        ("0", "1", "Balance $0.00, lasts less than a day"),
        ("1000000", "0.000001", "Balance $1,000,000.00, lasts about 3,650 days"),
    ],
)
def test_how_long_a_balance_lasts(amount: str, per_day: str, words: str) -> None:
    outlook = balance.Outlook(Decimal(amount), "USD", Decimal(per_day), 14)
    assert outlook.in_words == words
    assert outlook.basis.endswith("cost." if Decimal(per_day) else "cost anything.")
