"""The rules about sums: for admins, with a sentence for what is no rule."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from people.accounts.models import AuditEntry
from spending.models import SpendingRules

pytestmark = pytest.mark.django_db
PAGE = "/spend/rules/"
GOOD = {"unknown": "assume", "assumed": "0.5", "ceiling": "20", "alarm_factor": "3",
        "alarm_least": "1"}  # fmt: skip


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_an_admin_changes_the_rules(admin: Client, maker: Client) -> None:
    assert "The rules are saved" in text(admin.post(PAGE, GOOD, follow=True))
    rules = SpendingRules.current()
    assert (rules.unknown, rules.assumed, rules.ceiling) == ("assume", Decimal("0.5"), Decimal(20))
    assert not rules.holds_models
    admin.post(PAGE, GOOD | {"ceiling": "", "holds_models": "1"})
    rules = SpendingRules.current()
    assert (rules.ceiling, rules.holds_models) == (None, True)
    assert AuditEntry.objects.filter(changes__has_key="ceiling").count() == 2
    assert maker.get(PAGE).status_code == maker.post(PAGE, GOOD).status_code == 403


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"assumed": ""}, "Enter the sum that is assumed, above $0"),
        ({"assumed": "0"}, "Enter the sum that is assumed, above $0"),
        ({"assumed": "x"}, "Enter a sum in dollars"),
        ({"ceiling": "0"}, "With a ceiling of nothing only admins could start a run."),
        ({"ceiling": "-3"}, "With a ceiling of nothing only admins could start a run."),
        ({"ceiling": "NaN"}, "Enter a sum in dollars"),
        ({"alarm_factor": "1"}, "Enter a number above 1, such as 3"),
        ({"alarm_factor": ""}, "Enter a number above 1, such as 3"),
        ({"alarm_factor": "1e9"}, "Enter a number below 10,000."),
        ({"alarm_factor": "2.345"}, "at most two places"),
        ({"alarm_least": "-1"}, "Enter $0 or more."),
        ({"unknown": "dream"}, "Select a valid choice"),
    ],
)
def test_what_is_no_rule_gets_a_sentence(
    admin: Client, posted: dict[str, str], sentence: str
) -> None:
    response = admin.post(PAGE, GOOD | posted)
    assert response.status_code == 422
    assert sentence in text(response)
    assert not SpendingRules.objects.exists()
