"""The ledger reserves, settles and releases sums; no account exceeds its cap."""

import threading
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections, transaction

from catalog.models import Endpoint
from runs.costs import ledger
from runs.models import Charge, LedgerAccount, Run
from runs.start import starting
from runs.start.starting import Source, StartRequest
from runs.state import state_machine
from runs.state.transitions import Observation

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]

Kind, State = LedgerAccount.Kind, Run.State
PRICE = Decimal("0.02")
KEYS = map(str, count())


@pytest.fixture
def endpoint(make_endpoint: Any) -> Endpoint:
    new_endpoint: Endpoint = make_endpoint(unit_price_usd=PRICE, price_unit="images")
    return new_endpoint


def start(user: User, endpoint: Endpoint, *accounts: LedgerAccount) -> Run:
    request = StartRequest(
        user=user, endpoint=endpoint, arguments={}, source=Source.FORM, key=next(KEYS),
        accounts=accounts,
    )  # fmt: skip
    return starting.start(request).run


def charge(run: Run) -> tuple[str, Decimal | None]:
    own = Charge.objects.get(run=run)
    return own.state, own.amount


@pytest.mark.parametrize(
    ("model", "state", "units", "after"),
    [
        ({}, State.SUCCEEDED, "3", ("settled", Decimal("0.06"))),
        # without a figure from upstream, the highest possible cost
        ({}, State.SUCCEEDED, "", ("settled", PRICE)),
        ({}, State.FAILED, "", ("released", PRICE)),
        ({}, State.FAILED, "1", ("settled", PRICE)),
        ({}, State.CANCELLED, "", ("released", PRICE)),
        ({}, State.RUNNING, "", ("reserved", PRICE)),
        ({"unit_price_usd": Decimal(0)}, State.SUCCEEDED, "", ("settled", Decimal(0))),
        ({"currency": "EUR"}, State.SUCCEEDED, "3", ("settled", None)),
    ],
)
def test_the_end_of_a_run_settles_or_releases_its_reservation(
    user, make_endpoint, model, state, units, after
):
    values = {"unit_price_usd": PRICE, "price_unit": "images", "currency": "USD", **model}
    run = start(user, make_endpoint(**values))
    assert charge(run)[0] == "reserved"
    Endpoint.objects.update(unit_price_usd=9 * PRICE)  # it costs what it cost when it began
    state_machine.record(run.pk, Observation(state, output={}, billable_units=units))
    assert charge(run) == after


def test_a_later_bill_is_settled_when_it_arrives(user, endpoint):
    """A webhook has no billed units; the worker fetches them shortly afterwards."""
    run = start(user, endpoint)
    state_machine.record(run.pk, Observation(State.SUCCEEDED, output={}))
    state_machine.record(run.pk, Observation(billable_units="4"))
    assert charge(run) == ("settled", 4 * PRICE)


def test_spending_is_kept_when_its_run_is_purged(user, endpoint):
    run = start(user, endpoint)
    state_machine.record(run.pk, Observation(State.SUCCEEDED, output={}, billable_units="1"))
    Run.objects.filter(pk=run.pk).delete()
    assert ledger.spent_by_people([user.pk]) == {user.pk: PRICE}


def test_what_a_run_has_cost_counts_towards_its_accounts(user, endpoint):
    with transaction.atomic():
        runs = [start(user, endpoint, ledger.open_account(Kind.BOARD, "b")) for _ in range(3)]
    assert ledger.committed(Kind.BOARD, "b") == 3 * PRICE
    state_machine.record(runs[0].pk, Observation(State.SUCCEEDED, output={}, billable_units="5"))
    state_machine.record(runs[1].pk, Observation(State.FAILED))
    state_machine.record(runs[2].pk, Observation(State.FAILED))
    # upstream bills a refused input
    state_machine.record(runs[2].pk, Observation(billable_units="2"))
    assert ledger.committed(Kind.BOARD, "b") == 7 * PRICE


def test_a_run_without_a_known_price_needs_an_account_without_a_cap(user, make_endpoint):
    unpriced = make_endpoint()
    free, capped = (
        LedgerAccount.objects.create(kind=Kind.BOARD, key=key, cap_usd=cap)
        for key, cap in (("free", None), ("capped", Decimal(9)))
    )
    start(user, unpriced, free)
    with pytest.raises(ledger.CapExceeded):
        start(user, unpriced, capped)


def test_sums_too_large_for_the_column_count_as_the_largest(user):
    account = LedgerAccount.objects.create(kind=Kind.BOARD, key="b")
    ledger.reserve([ledger.Reservation(None, Decimal(10) ** 30, [account])])
    assert ledger.committed(Kind.BOARD, "b") == Decimal(10) ** 9


@pytest.mark.django_db(transaction=True)
def test_concurrent_runs_never_exceed_an_accounts_cap(user, endpoint):
    """Two threads start and end runs of one account; the cap holds after every step."""
    cap = 5 * PRICE
    ready = threading.Barrier(2)
    sums: list[Decimal] = []
    problems: list[BaseException] = []

    def play(ends: list[Run.State]) -> None:
        try:
            ready.wait()
            for number in range(12):
                try:
                    with transaction.atomic():
                        account = ledger.open_account(Kind.BOARD, "b", cap=cap)
                        run = start(user, endpoint, account)
                except ledger.CapExceeded:
                    continue
                finally:
                    sums.append(ledger.committed(Kind.BOARD, "b"))
                end = Observation(ends[number % len(ends)], output={}, billable_units="")
                state_machine.record(run.pk, end)
                sums.append(ledger.committed(Kind.BOARD, "b"))
        except BaseException as error:
            problems.append(error)
        finally:
            connections.close_all()

    players = [[State.FAILED, State.SUCCEEDED, State.CANCELLED], [State.CANCELLED, State.RUNNING]]
    threads = [threading.Thread(target=play, args=(ends,)) for ends in players]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert max(sums) == cap


def test_sums_are_counted_with_their_stored_precision():
    """Three thirds passed the check unrounded and, once written, exceeded the cap."""
    account = LedgerAccount.objects.create(kind=Kind.BOARD, key="b", cap_usd=Decimal(1))
    third = Decimal(1) / 3
    left = ledger.balance(account)
    left.take(third)
    left.take(third)
    assert not left.allows(third)
    ledger.reserve([ledger.Reservation(None, third, [account])] * 2)
    assert ledger.committed(Kind.BOARD, "b") == left.committed


def test_a_balance_is_summed_once_for_many_runs(django_assert_num_queries):
    account = LedgerAccount.objects.create(kind=Kind.BOARD, key="b", cap_usd=Decimal(9))
    with django_assert_num_queries(3):  # the account, its new sum, the entries
        ledger.reserve([ledger.Reservation(None, PRICE, [account])] * 50)
