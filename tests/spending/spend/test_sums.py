"""The sums of `/spend/` are those of the ledger, at any time, whatever settles when."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db.models import Q
from django.test import Client
from django.utils import timezone

from runs import ledger
from runs.models import Charge
from runs.starting import Door
from spending.models import ChangedDay, RolledUpDay, Rollup
from spending.sums import rollups
from spending.sums.labels import COLUMNS
from spending.sums.question import By
from spending.sums.totals import Days, Ledger, Sums
from tests.people.house import make_admin
from tests.projects.people import logged_in, make_project
from tests.sampling import IS_EXHAUSTIVE, sample
from tests.spending.spend.charges import bill, charge, days_ago, noon, total_of_page

pytestmark = pytest.mark.django_db

STATES = ("settled", "settled", "settled", "reserved", "released")


def total(days: Days) -> Decimal:
    within = Charge.objects.filter(created_at__gte=days.start, created_at__lt=days.end)
    return ledger.total_of(within)


@pytest.mark.both_databases
@pytest.mark.parametrize("seed", sample(range(3), 1))
def test_sums_and_parts_equal_the_ledger_after_every_change(
    user: User, stranger: User, make_endpoint: Any, seed: int
) -> None:
    """Charges of two months settle late and early while a worker adds up and somebody looks."""
    dice = random.Random(seed)
    people = [user, stranger]
    projects = [make_project("Acme", ana="maker"), make_project("Fox"), None]
    models = [make_endpoint("a/one"), make_endpoint("a/two", category="text-to-video"), None]
    for _ in range(80 if IS_EXHAUSTIVE else 30):
        charge(
            dice.choice(people),
            dice.choice([None, Decimal(dice.randrange(1, 10**10)).scaleb(-9)]),
            days_ago(dice.randrange(60)),
            dice.choice(projects),
            dice.choice(models),
            state=dice.choice(STATES),
            door=dice.choice([*Door]),
        )
    admin = logged_in(make_admin("eva"))
    for _ in range(25 if IS_EXHAUSTIVE else 12):
        match dice.choice(["settle", "settle", "start", "add up", "add up"]):
            case "settle":
                paid = Decimal(dice.randrange(10**10)).scaleb(-9)
                old = dice.choice(list(Charge.objects.order_by("pk")))
                bill(old, paid)
            case "start":
                charge(user, "0.000000001", state="reserved")
            case _:
                rollups.keep_up()
        days = Days(days_ago(dice.randrange(30, 61)), days_ago(dice.randrange(5)))
        seen = Ledger(Q(), days)
        sums = total(days)
        assert sum(seen.by_day().values(), Sums()).amount == sums
        for by in By:
            assert sum(seen.by(COLUMNS[by]).values(), Sums()).amount == sums
        query = f"?from={days.first}&to={days.last}&by={dice.choice(By.values)}"
        assert total_of_page(admin, query) == sums
    rollups.keep_up()
    assert not ChangedDay.objects.exists()
    assert Ledger(Q(), Days(days_ago(70), days_ago(1))).by_day() == {
        row.day: row_sum(row.day) for row in Rollup.objects.filter(by="")
    }


def row_sum(day: Any) -> Sums:
    rows = Rollup.objects.filter(day=day, by="")
    sums = (Sums(row.runs, row.amount, row.reserved, row.unknown) for row in rows)
    return sum(sums, Sums())


def test_a_day_that_is_over_is_not_read_again(user: User, django_assert_num_queries: Any) -> None:
    charge(user, "1.50", days_ago(3))
    charge(user, "0.25", days_ago(1))
    rollups.keep_up()
    with django_assert_num_queries(3) as asked:  # two tell which days, one the sums
        sums = Ledger(Q(), Days(days_ago(3), days_ago(1))).by_day()
    assert sum(sums.values(), Sums()).amount == Decimal("1.75")
    assert not any("runs_charge" in query["sql"] for query in asked.captured_queries)


@pytest.mark.both_databases
def test_late_settlement_is_counted_at_once_and_added_up_later(user: User) -> None:
    late = charge(user, "10", days_ago(3), state="reserved")
    rollups.keep_up()
    days = Days(days_ago(3), days_ago(3))
    assert Ledger(Q(), days).by_day() == {days.first: Sums(1, Decimal(10), reserved=Decimal(10))}
    bill(late, "2.5")
    assert list(ChangedDay.objects.values_list("day", flat=True)) == [days.first]
    assert Ledger(Q(), days).by_day() == {days.first: Sums(1, Decimal("2.5"))}
    assert Rollup.objects.get(by="").amount == 10
    rollups.keep_up()
    assert Rollup.objects.get(by="").amount == Decimal("2.5")
    assert not ChangedDay.objects.exists()


def test_a_settlement_of_today_notes_no_day(user: User) -> None:
    bill(charge(user, "10", state="reserved"), "1")
    assert not ChangedDay.objects.exists()


def test_released_and_unknown_sums_count_as_nothing(user: User) -> None:
    for day in (0, 2):
        charge(user, "7", days_ago(day), state="released")
        charge(user, None, days_ago(day), state="settled")
    rollups.keep_up()
    sums = Ledger(Q(), Days(days_ago(5), days_ago(0))).by_day()
    assert sums == {days_ago(2): Sums(1, unknown=1), days_ago(0): Sums(1, unknown=1)}


def test_today_is_not_added_up(user: User) -> None:
    charge(user, "1")
    rollups.keep_up()
    assert not RolledUpDay.objects.filter(day=timezone.localdate()).exists()


def test_many_days_are_added_up_in_several_rounds(user: User) -> None:
    charge(user, "1", days_ago(40))
    assert rollups.keep_up() < 1
    assert rollups.keep_up() == rollups.CHECK_EVERY_S
    assert RolledUpDay.objects.count() == 40


@pytest.mark.both_databases
def test_the_command_repairs_every_sum(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    charge(user, "1.25", days_ago(2))
    rollups.keep_up()
    Rollup.objects.update(amount=99)
    Rollup.objects.create(day=days_ago(50), runs=1, amount=5, reserved=0, unknown=0)
    RolledUpDay.objects.create(day=days_ago(50))
    call_command("rebuild_spending")
    assert "2 days added up anew, in 6 sums." in capsys.readouterr().out
    assert Rollup.objects.get(by="").amount == Decimal("1.25")


def test_ten_thousandths_of_a_cent_add_up_exactly(member: Client, user: User) -> None:
    first = charge(user, "0.000000001")
    copies = [
        Charge(user=user, project_id=first.project_id, created_at=noon(days_ago(0)),
               amount=Decimal("0.000000001"), expected=Decimal("0.000000001"), state="settled")
        for _ in range(999)
    ]  # fmt: skip
    Charge.objects.bulk_create(copies)
    assert total_of_page(member) == Decimal("0.000001")
