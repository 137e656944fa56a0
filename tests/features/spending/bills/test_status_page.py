"""The status page: the balance and how long it lasts, for users who manage the house's money."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from features.spending.models import BillingState
from tests.conftest import grant

pytestmark = pytest.mark.django_db


def read_page(*permissions: str) -> str:
    person = User.objects.create_user("eva")
    grant(person, "playground.view_worker", *permissions)
    client = Client()
    client.force_login(person)
    return " ".join(client.get(reverse("admin:status")).content.decode().split())


def test_it_says_what_is_left_and_why_bills_could_not_be_read() -> None:
    now = timezone.now()
    BillingState.objects.create(
        pk=1, has_key=True, balance=Decimal("14.20"), balance_at=now, trouble="fal is silent."
    )
    page = read_page("spending.change_budget")
    assert "$14.20" in page
    assert "fal is silent." in page
    assert "nothing is spent" in page


def test_without_a_key_it_names_the_setting() -> None:
    assert "unknown without FAL_ADMIN_KEY" in read_page("spending.change_budget")


def test_other_staff_learn_nothing_of_the_balance() -> None:
    BillingState.objects.create(pk=1, has_key=True, balance=Decimal("14.20"))
    assert "14.20" not in read_page()
