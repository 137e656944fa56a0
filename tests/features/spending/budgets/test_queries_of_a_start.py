"""The queries about money at a start: the same number for one run and for many."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Endpoint
from features.spending.models import Budget, SpendingRules
from projects.models.project import private_project
from runs.models import Charge, DailySum, LedgerAccount
from runs.start import starting
from runs.start.starting import Source, StartRequest
from tests.features.spending.sums import require_sums_hold

pytestmark = pytest.mark.django_db

MODELS = (LedgerAccount, Charge, DailySum, Budget, SpendingRules)
TABLES = [model._meta.db_table for model in MODELS]
KEYS = map(str, count())


@pytest.fixture
def painter(make_endpoint: Any) -> Endpoint:
    """A model whose runs cost a dollar each."""
    model: Endpoint = make_endpoint(unit_price_usd=Decimal(1), price_unit="images", currency="USD")
    return model


def five_budgets(user: User) -> None:
    """Make one budget of every kind that applies to the user's runs."""
    own = private_project(user)
    Budget.objects.create(scope="house", limit=999)
    Budget.objects.create(scope="person", limit=999, period="day")
    Budget.objects.create(scope="person", person=user, limit=999)
    Budget.objects.create(scope="project", limit=999)
    Budget.objects.create(
        scope="project", project=own, limit=999, period="once", begins_on="2020-01-01"
    )


def statements_about_money(user: User, painter: Endpoint, runs: int) -> list[str]:
    """Start runs; return the first words of the statements on tables of money."""
    requests = [
        StartRequest(user=user, endpoint=painter, arguments={}, source=Source.FORM, key=next(KEYS))
        for _ in range(runs)
    ]
    with CaptureQueriesContext(connection) as queries:
        starting.start_many(requests)
    statements = [
        (query["sql"].rpartition("times: ")[2].split()[0], table)
        for query in queries.captured_queries
        for table in TABLES
        if table in query["sql"]
    ]
    return [f"{verb} {table.partition('_')[2]}" for verb, table in statements]


@pytest.mark.parametrize("runs", [1, 30])
def test_without_budgets_a_start_asks_five_things(user: User, painter: Endpoint, runs: int) -> None:
    statements_about_money(user, painter, 1)
    assert statements_about_money(user, painter, runs) == [
        "SELECT ledgeraccount",  # the house's row, locked
        "SELECT spendingrules",
        "SELECT budget",
        "INSERT charge",
        "INSERT dailysum",
    ]


@pytest.mark.parametrize("runs", [1, 30])
def test_five_budgets_cost_a_query_each(user: User, painter: Endpoint, runs: int) -> None:
    five_budgets(user)
    statements_about_money(user, painter, 1)
    assert statements_about_money(user, painter, runs) == [
        "SELECT ledgeraccount",
        "SELECT spendingrules",
        "SELECT budget",
        *["SELECT dailysum"] * 5,  # what each budget has spent
        "INSERT charge",
        "INSERT dailysum",
    ]
    require_sums_hold()
