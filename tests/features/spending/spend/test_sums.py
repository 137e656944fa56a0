"""The sums of `/spend/` equal the ledger's at any time, in whatever order charges settle."""

import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db.models import Q

from features.spending.sums.labels import COLUMNS
from features.spending.sums.question import By
from features.spending.sums.totals import Days, Ledger, charges
from house.operations import doctor
from house.operations.findings import findings
from runs.costs import daily_sums
from runs.costs.daily_sums import Correction, Sums
from runs.models import Charge, DailySum
from runs.start.starting import Door
from tests.features.spending.spend.charges import bill, charge, days_ago, total_of_page
from tests.features.spending.sums import require_sums_hold, total_of
from tests.house.made import make_admin
from tests.projects.people import logged_in, make_project
from tests.sampling import IS_EXHAUSTIVE, sample

pytestmark = pytest.mark.django_db

STATES = ("settled", "settled", "settled", "reserved", "released")


def questions(user: User) -> Iterator[Q]:
    """Yield conditions of pages: the whole house, one person, and these with filters."""
    own = Q(user_id=user.pk) | Q(project_id__in=[user.pk])
    yield Q()
    yield own
    yield Q(user_id=user.pk)
    yield own & Q(endpoint_id__in=[1, 2, 3])
    yield Q(door=Door.BOARD)
    yield own & (Q(endpoint=None) | Q(endpoint__endpoint_id=None))
    yield Q(project_id=None) | ~Q(project_id__in=[user.pk])


def play(dice: random.Random, user: User, stranger: User, make_endpoint: Any) -> Iterator[None]:
    """Write charges of two months, and let some of them settle, early or late."""
    projects = [make_project("Acme", ana="maker"), make_project("Fox"), None]
    models = [make_endpoint("a/one"), make_endpoint("a/two", category="text-to-video"), None]
    for _ in range(80 if IS_EXHAUSTIVE else 30):
        charge(
            dice.choice([user, stranger]),
            dice.choice([None, Decimal(dice.randrange(1, 10**10)).scaleb(-9)]),
            days_ago(dice.randrange(60)),
            dice.choice(projects),
            dice.choice(models),
            state=dice.choice(STATES),
            door=dice.choice([*Door]),
            token_id=dice.choice([None, 7, 8]),
        )
    for _ in range(25 if IS_EXHAUSTIVE else 12):
        if dice.choice([True, False]):
            paid = Decimal(dice.randrange(10**10)).scaleb(-9)
            bill(dice.choice(list(Charge.objects.order_by("pk"))), paid)
        else:
            charge(user, "0.000000001", state="reserved")
        yield


@pytest.mark.both_databases
@pytest.mark.parametrize("seed", sample(range(3), 1))
def test_sums_and_parts_equal_the_ledger_after_every_change(user, stranger, make_endpoint, seed):
    dice = random.Random(seed)
    admin = logged_in(make_admin("eva"))
    for _ in play(dice, user, stranger, make_endpoint):
        require_sums_hold()
        days = Days(days_ago(dice.randrange(30, 61)), days_ago(dice.randrange(5)))
        for condition in questions(user):
            expected = total_of(charges(condition, days))
            seen = Ledger(condition, days)
            assert sum(seen.by_day().values(), Sums()).amount == expected
            for by in By:
                assert sum(seen.by(COLUMNS[by]).values(), Sums()).amount == expected, by
                parts = seen.by_day_and(COLUMNS[by]).values()
                assert sum(parts, Sums()).amount == expected, by
        query = f"?from={days.first}&to={days.last}&by={dice.choice(By.values)}"
        assert total_of_page(admin, query) == total_of(charges(Q(), days))


def test_a_page_reads_no_charges(user, django_assert_num_queries):
    charge(user, "1.50", days_ago(3))
    charge(user, "0.25")
    with django_assert_num_queries(1) as captured:
        sums = Ledger(Q(), Days(days_ago(3), days_ago(0))).by_day()
    assert sum(sums.values(), Sums()).amount == Decimal("1.75")
    (query,) = captured.captured_queries
    assert DailySum._meta.db_table in query["sql"]
    assert Charge._meta.db_table not in query["sql"]


@pytest.mark.both_databases
def test_a_late_bill_counts_on_the_day_on_which_the_run_began(user):
    late = charge(user, "10", days_ago(3), state="reserved")
    seen = Ledger(Q(), Days(days_ago(5), days_ago(0)))
    assert seen.by_day() == {days_ago(3): Sums(1, Decimal(10), reserved=Decimal(10))}
    bill(late, "2.5")
    assert seen.by_day() == {days_ago(3): Sums(1, Decimal("2.5"))}
    bill(late, "3")  # a corrected bill
    assert seen.by_day() == {days_ago(3): Sums(1, Decimal(3))}


def test_released_and_unknown_sums_count_as_nothing(user):
    for day in (0, 2):
        charge(user, "7", days_ago(day), state="released")
        charge(user, None, days_ago(day), state="settled")
    sums = Ledger(Q(), Days(days_ago(5), days_ago(0))).by_day()
    assert sums == {days_ago(2): Sums(1, unknown=1), days_ago(0): Sums(1, unknown=1)}


@pytest.mark.both_databases
def test_the_command_repairs_every_sum(user, capsys):
    charge(user, "1.25", days_ago(2), token_id=7)
    DailySum.objects.update(amount=99)
    DailySum.objects.create(day=days_ago(4), kind="house", runs=1, amount=5, reserved=0, unknown=0)
    call_command("rebuild_spending")
    assert "3 days added up again, in 8 sums." in capsys.readouterr().out
    assert require_sums_hold() == 1


WRONG: dict[str, Callable[[], object]] = {
    "a charge without sums": lambda: copied_charge(),
    "a changed charge": lambda: Charge.objects.update(amount=7),
    "a changed sum": lambda: DailySum.objects.filter(kind="token").update(reserved=1),
    "a sum that is gone": lambda: DailySum.objects.filter(kind="person").delete(),
    "a sum of somebody else": lambda: DailySum.objects.filter(kind="person").update(user_id=99),
    "sums of a day without charges": lambda: DailySum.objects.update(day=days_ago(4)),
}


def copied_charge() -> Charge:
    """Write a charge as a process of a former version does, which does not know of the sums."""
    row = Charge.objects.get()
    row.pk, row.run = None, None
    row.save()
    return row


@pytest.mark.both_databases
@pytest.mark.parametrize("mistake", WRONG.values(), ids=WRONG)
def test_sums_that_differ_are_found_and_corrected_at_night(user, mistake):
    charge(user, "1.25", days_ago(2), token_id=7)
    charge(user, "3", days_ago(1), state="released")
    assert not any(map(daily_sums.differ, daily_sums.days()))
    Charge.objects.filter(state="released").delete()
    mistake()
    assert daily_sums.differ(days_ago(2))
    (finding,) = findings([doctor._sums])
    assert finding.is_serious()
    correction = Correction()
    while (pause_s := correction.step()) < 1:
        pass
    assert pause_s <= 24 * 3600 + 1
    require_sums_hold()


def test_ten_thousandths_of_a_cent_add_up_exactly(member, user):
    for _ in range(1000):
        charge(user, "0.000000001")
    assert total_of_page(member) == Decimal("0.000001")
