"""A charge that settles while its day is added up is not lost, whichever of them ends first."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections, transaction
from django.db.models import Q

from spending.models import ChangedDay, Rollup
from spending.sums import rollups
from spending.sums.totals import Days, Ledger
from tests.spending.spend.charges import bill, charge, days_ago

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
DAY = days_ago(3)


def amount() -> Decimal:
    return Ledger(Q(), Days(DAY, DAY)).by_day()[DAY].amount


def test_a_settlement_that_commits_after_its_day_was_added_up(user: User) -> None:
    late = charge(user, "10", DAY, state="reserved")
    rollups.keep_up()

    def add_up() -> None:
        try:
            rollups.add_up(DAY)
        finally:
            connections.close_all()

    worker = threading.Thread(target=add_up)
    with transaction.atomic():
        bill(late, "2.5")
        worker.start()
        if connection.vendor == "postgresql":  # SQLite lets one write at a time
            worker.join(30)
            assert not worker.is_alive()
    worker.join(30)
    assert amount() == Decimal("2.5")
    rollups.keep_up()
    assert Rollup.objects.get(by="").amount == Decimal("2.5")
    assert not ChangedDay.objects.exists()
    assert amount() == Decimal("2.5")


def test_two_workers_add_up_the_same_days(user: User) -> None:
    for number in range(1, 6):
        charge(user, "1", days_ago(number))
    ready = threading.Barrier(2)

    def keep_up() -> None:
        try:
            ready.wait(30)
            rollups.keep_up()
        finally:
            connections.close_all()

    workers = [threading.Thread(target=keep_up) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert Rollup.objects.filter(by="").count() == 5
    assert amount() == 1
