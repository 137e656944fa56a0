"""How long the account's balance lasts, in words, and the status page that says so."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from features.spending.bills import balance
from features.spending.models import BillingState
from runs.costs import ledger
from runs.models import Charge
from tests.conftest import grant


@pytest.mark.django_db
def test_it_lasts_by_the_spending_of_two_weeks(make_run, user):
    now = timezone.now()
    for days, cost in ((14, 14), (1, 7)):
        run = make_run(state="succeeded")
        charge = Charge(
            run=run, user=user, project=run.project, endpoint=run.endpoint, expected=Decimal(1),
            created_at=now - timedelta(days=days),
        )  # fmt: skip
        ledger.write_charges([charge])
        ledger.report(run.pk, Decimal(cost))
    state = BillingState(balance=Decimal("18.20"), currency="USD")
    outlook = balance.outlook(state, now)
    assert outlook
    assert outlook.in_words == "Balance $18.20, lasts about 12 days"


@pytest.mark.parametrize(
    ("amount", "per_day", "words"),
    [
        ("14.20", "0", "Balance $14.20"),
        ("0.5", "1", "Balance $0.50, lasts less than a day"),
        ("1000000", "0.000001", "Balance $1,000,000.00, lasts about 3,650 days"),
    ],
)
def test_how_long_a_balance_lasts(amount, per_day, words):
    outlook = balance.Outlook(Decimal(amount), "USD", Decimal(per_day), 14)
    assert outlook.in_words == words
    assert outlook.basis.endswith("cost." if Decimal(per_day) else "cost anything.")


def read_page(*permissions: str) -> str:
    person = User.objects.create_user("eva")
    grant(person, "playground.view_worker", *permissions)
    client = Client()
    client.force_login(person)
    return " ".join(client.get(reverse("admin:status")).content.decode().split())


@pytest.mark.django_db
def test_other_staff_learn_nothing_of_the_balance():
    BillingState.objects.create(pk=1, has_key=True, balance=Decimal("14.20"))
    assert "14.20" not in read_page()
