"""Months that are over are read from one sum, as exact as their days."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from runs import ledger
from runs.models import Charge
from runs.starting import Door
from spending.models import MonthlyRollup, RolledUpMonth, Rollup
from spending.sums import rollups
from spending.sums.labels import COLUMNS
from spending.sums.question import By
from spending.sums.totals import DAY, Days, Ledger, Sums
from tests.projects.people import make_project
from tests.sampling import IS_EXHAUSTIVE, sample
from tests.spending.spend.charges import bill, charge, days_ago

pytestmark = pytest.mark.django_db


def month_before(number: int) -> Days:
    """The month that was over so many months ago: 1 is last month."""
    first = days_ago(0).replace(day=1)
    for _ in range(number):
        first = (first - DAY).replace(day=1)
    return Days(first, rollups.last_of_month(first))


def add_all_up() -> None:
    """Let a worker do all that is due."""
    while rollups.keep_up() < 1:
        pass


def total(days: Days) -> Decimal:
    within = Charge.objects.filter(created_at__gte=days.start, created_at__lt=days.end)
    return ledger.total_of(within)


def tables_of(captured: CaptureQueriesContext) -> set[str]:
    """Return which tables of sums were read."""
    tables = [Charge, Rollup, MonthlyRollup]
    return {
        model.__name__
        for model in tables
        for query in captured.captured_queries
        if f'FROM "{model._meta.db_table}"' in query["sql"]
    }


@pytest.fixture
def first(user: User) -> date:
    """The first of the months that are added up; there was a run before it."""
    first = month_before(3).first
    charge(user, "1", first - DAY)
    return first


def questions(user: User) -> Iterator[Q]:
    """Conditions of pages: of the whole house, of a person, and of these with filters."""
    own = Q(user_id=user.pk) | Q(project_id__in=[user.pk])
    yield Q()
    yield own
    yield Q(user_id=user.pk)
    yield own & Q(endpoint_id__in=[1, 2, 3])
    yield Q(door=Door.BOARD)
    yield own & (Q(endpoint=None) | Q(endpoint__endpoint_id=None))
    yield Q(project_id=None) | ~Q(project_id__in=[user.pk])


@pytest.mark.parametrize("seed", sample(range(2), 1))
def test_sums_of_months_and_days_equal_the_ledger(
    user: User, stranger: User, make_endpoint: Any, first: date, seed: int
) -> None:
    dice = random.Random(seed)
    projects = [make_project("Acme", ana="maker"), make_project("Fox"), None]
    models = [make_endpoint("a/one"), make_endpoint("a/two", category="text-to-video"), None]
    last = days_ago(0)
    for _ in range(80 if IS_EXHAUSTIVE else 40):
        charge(
            dice.choice([user, stranger]),
            dice.choice([None, Decimal(dice.randrange(1, 10**10)).scaleb(-9)]),
            first + dice.randrange((last - first).days) * DAY,
            dice.choice(projects),
            dice.choice(models),
            state=dice.choice(["settled", "settled", "reserved", "released"]),
            door=dice.choice([*Door]),
        )
    add_all_up()
    for number in range(12 if IS_EXHAUSTIVE else 5):
        begin = dice.choice([first, first - DAY, first + dice.randrange(40) * DAY])
        days = Days(begin, last - dice.randrange(50) * DAY)
        for condition in questions(user):
            rows = Charge.objects.filter(created_at__gte=days.start, created_at__lt=days.end)
            expected = ledger.total_of(rows.filter(condition))
            seen = Ledger(condition, days)
            assert sum(seen.by_day().values(), Sums()).amount == expected
            for by in By:
                assert sum(seen.by(COLUMNS[by]).values(), Sums()).amount == expected, by
        if number % 3 == 2:
            old = dice.choice(list(Charge.objects.order_by("pk")))
            bill(old, Decimal(dice.randrange(10**10)).scaleb(-9))
        if number % 4 == 3:
            add_all_up()


def test_a_whole_month_of_the_house_is_one_sum(user: User, first: date) -> None:
    charge(user, "2.50", first)
    charge(user, "0.25", first + 40 * DAY)
    add_all_up()
    with CaptureQueriesContext(connection) as captured:
        sums = Ledger(Q(), Days(first, month_before(1).last)).by("user_id")
    assert sums == {user.pk: Sums(2, Decimal("2.75"))}
    assert tables_of(captured) == {"MonthlyRollup"}
    with CaptureQueriesContext(connection) as captured:
        sums = Ledger(Q(), Days(first - DAY, month_before(1).last - DAY)).by("user_id")
    assert sums == {user.pk: Sums(3, Decimal("3.75"))}
    assert tables_of(captured) == {"MonthlyRollup", "Rollup"}


def test_sums_of_all_columns_are_those_of_days(user: User, make_endpoint: Any, first: date) -> None:
    model = make_endpoint("a/one")
    charge(user, "2.50", first, endpoint=model)
    add_all_up()
    days = Days(first, month_before(3).last)
    with CaptureQueriesContext(connection) as captured:
        assert Ledger(Q(user_id=user.pk), days).by("endpoint_id") == {
            model.pk: Sums(1, Decimal("2.5"))
        }
    assert tables_of(captured) == {"Rollup"}


def test_a_late_bill_ends_the_sum_of_its_month_until_it_is_added_up(
    user: User, first: date
) -> None:
    late = charge(user, "10", first + 3 * DAY, state="reserved")
    charge(user, "1", first + 2 * DAY)
    add_all_up()
    days = Days(first, month_before(3).last)
    bill(late, "2.5")
    assert Ledger(Q(), days).by("user_id") == {user.pk: Sums(2, Decimal("3.5"))}
    rollups.add_up(first + 3 * DAY)
    assert not RolledUpMonth.objects.filter(day=first).exists()
    assert Ledger(Q(), days).by("user_id") == {user.pk: Sums(2, Decimal("3.5"))}
    add_all_up()
    assert RolledUpMonth.objects.filter(day=first).exists()
    (row,) = MonthlyRollup.objects.filter(by="user_id", day=first)
    assert row.amount == Decimal("3.5")


def test_only_whole_months_that_are_over_are_added_up(user: User, first: date) -> None:
    add_all_up()
    months = [month_before(number).first for number in (3, 2, 1)]
    assert sorted(RolledUpMonth.objects.values_list("day", flat=True)) == months
    before = (first - timedelta(days=1)).replace(day=1)
    rollups.add_up_month(before)  # its first days are not added up: nobody had a run in them
    assert not MonthlyRollup.objects.filter(day=before).exists()


@pytest.mark.exhaustive
def test_the_command_repairs_months(user: User, first: date) -> None:
    charge(user, "2.50", first)
    add_all_up()
    MonthlyRollup.objects.update(amount=99)
    call_command("rebuild_spending")
    assert Ledger(Q(), month_before(3)).by("user_id") == {user.pk: Sums(1, Decimal("2.5"))}


@pytest.mark.exhaustive
def test_days_of_an_earlier_release_are_added_up_anew(user: User, first: date) -> None:
    """They have no sums by person and project: until they have, the charges are read."""
    migration = import_module("spending.migrations.0003_monthly_rollups")
    charge(user, "2.50", first)
    for day in Days(first - DAY, days_ago(1)):
        rollups.add_up(day)
    Rollup.objects.filter(by="user_project").delete()
    migration.add_up_anew(apps, SimpleNamespace(connection=connection))
    seen = Ledger(Q(user_id=user.pk) | Q(project_id=0), month_before(3))
    assert seen.by_day() == {first: Sums(1, Decimal("2.5"))}
    add_all_up()
    assert Rollup.objects.filter(by="user_project").count() == 2
