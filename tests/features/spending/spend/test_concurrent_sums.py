"""Sums that several transactions change at once stay right, and no transaction waits for ever."""

import random
import threading
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection, connections, transaction

from runs.costs import daily_sums
from tests.features.boards.racing import run_at_once
from tests.features.spending.spend.charges import bill, charge, days_ago
from tests.features.spending.sums import require_sums_hold
from tests.projects.people import make_project

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
DAY = days_ago(3)


def test_runs_start_and_settle_at_once(user, stranger, make_endpoint):
    """The runs are of one day and one model, by two people in two projects, in any order."""
    projects = [make_project("Acme", ana="maker"), make_project("Fox")]
    model = make_endpoint("a/one")
    dice = random.Random(3)
    rows = [
        charge(
            dice.choice([user, stranger]), "1", dice.choice([DAY, days_ago(0)]),
            dice.choice(projects), model, state="reserved",
        )
        for _ in range(30)
    ]  # fmt: skip

    def settle(order: int) -> Callable[[], None]:
        mine = random.Random(order).sample(rows, len(rows))

        def act() -> None:
            for row in mine:
                bill(row, Decimal(order) / 7)

        return act

    def start() -> None:
        for number in range(20):
            charge(user, "0.5", DAY, projects[number % 2], model)

    assert run_at_once([settle(1), settle(2), start]) == [None] * 3
    assert require_sums_hold() == 50


def until_it_waits(thread: threading.Thread) -> None:
    """Return once a thread waits for a lock of this transaction; raise if it never does."""
    # on SQLite, nothing else can write during this transaction
    while connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT FROM pg_locks "
                "WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
            )
            if cursor.fetchone() == (True,):
                return
        assert thread.is_alive(), "it did not wait"


def test_who_waits_holds_nothing_that_the_other_needs(user, stranger):
    """Another transaction of the same day comes between two statements of this one."""
    first, second = make_project("Acme"), make_project("Fox")
    row = charge(stranger, "1", DAY, second, state="reserved")
    problems: list[BaseException] = []

    def settle() -> None:
        try:
            bill(row, "0.25")
        except BaseException as error:
            problems.append(error)
        finally:
            connections.close_all()

    other = threading.Thread(target=settle)
    with transaction.atomic():
        charge(user, "0.5", DAY, first)
        other.start()
        until_it_waits(other)
        charge(stranger, "0.5", DAY, second)
    other.join(30)
    assert problems == []
    assert require_sums_hold() == 3


def test_a_settlement_while_its_day_is_added_up_anew(user):
    late = charge(user, "10", DAY, state="reserved")

    def add_up() -> None:
        try:
            daily_sums.add_up(DAY)
        finally:
            connections.close_all()

    worker = threading.Thread(target=add_up)
    with transaction.atomic():
        bill(late, "2.5")
        worker.start()
        until_it_waits(worker)
    worker.join(30)
    assert require_sums_hold() == 1
