"""Starting runs: refusals, idempotency, visibility of the run, and its reservation."""

import re
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User

from accounts.profile import preferences
from catalog.models import Endpoint
from runs.costs import ledger
from runs.models import Charge, LedgerAccount, LedgerEntry, Run
from runs.start import starting
from runs.start.starting import Source, StartRequest
from tests.processes import ROOT
from tests.runs.at_once import at_once

pytestmark = pytest.mark.both_databases

APPS = ("api", "config", "features", "house", "playground", "runs")


def test_only_one_module_creates_runs():
    """`start` refuses blocked models and counts money, so no other code may create runs."""
    ways = re.compile(r"\bRun\.objects\.(\w*create\w*)\(|(?<!class )\bRun\(")
    assert _files_with(ways) == {"runs/start/starting.py"}


def test_only_one_module_writes_the_ledger():
    ways = re.compile(r"(LedgerEntry|Charge)\.objects\.\w*(create|update)|(?<!class )LedgerEntry\(")
    assert _files_with(ways) == {"runs/costs/ledger.py"}


def _files_with(pattern: re.Pattern[str]) -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts and pattern.search(path.read_text())
    }


@pytest.fixture
def endpoint(make_endpoint: Any) -> Endpoint:
    new_endpoint: Endpoint = make_endpoint(unit_price_usd=Decimal("0.02"), price_unit="images")
    return new_endpoint


def request(user: User, endpoint: Endpoint, key: str = "k", **more: Any) -> StartRequest:
    values: dict[str, Any] = {"arguments": {"prompt": "a cat"}, "source": Source.FORM}
    return StartRequest(user=user, endpoint=endpoint, key=key, **(values | more))


@pytest.mark.django_db
def test_equal_tokens_of_one_source_start_one_run(user, endpoint):
    first, again = (starting.start(request(user, endpoint)) for _ in range(2))
    other = starting.start(request(user, endpoint, source=Source.API))
    assert (first.is_new, again.is_new, other.is_new) == (True, False, True)
    assert first.run == again.run != other.run
    assert Charge.objects.filter(run=first.run).count() == 1


@pytest.mark.django_db
def test_several_runs_start_all_or_none(user, endpoint):
    """An account that has no room for the third run releases the first two."""
    account = LedgerAccount.objects.create(kind="board", key="b", cap_usd=Decimal("0.05"))
    requests = [request(user, endpoint, str(n), accounts=[account]) for n in range(3)]
    with pytest.raises(ledger.CapExceeded):
        starting.start_many(requests)
    assert not Run.objects.exists()
    assert not LedgerEntry.objects.exists()
    assert not Charge.objects.exists()
    assert len(starting.start_many(requests[:2])) == 2
    assert ledger.committed(LedgerAccount.Kind.BOARD, "b") == Decimal("0.04")


@pytest.mark.django_db
def test_a_repeated_press_reserves_nothing_more(user, endpoint):
    requests = [request(user, endpoint, str(n)) for n in range(2)]
    first = starting.start_many(requests)
    again = starting.start_many([*requests, request(user, endpoint, "2")])
    assert [started.is_new for started in again] == [False, False, True]
    assert [started.run.pk for started in again[:2]] == [started.run.pk for started in first]
    assert [charge.amount for charge in Charge.objects.all()] == [Decimal("0.02")] * 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("source", "is_private", "is_shown"),
    [
        (Source.FORM, False, True),
        (Source.BOARD, False, True),
        (Source.BOARD, True, False),
        (Source.API, False, False),
    ],
)
def test_a_users_wish_to_share_applies_by_source(user, endpoint, source, *, is_private, is_shown):
    preferences.set_shares_runs(user, shares=True)
    start_request = request(User.objects.get(), endpoint, source=source, is_private=is_private)
    assert starting.start(start_request).run.is_example is is_shown
    preferences.set_shares_runs(user, shares=False)
    start_request = request(User.objects.get(), endpoint, "2", source=source, is_private=is_private)
    assert starting.start(start_request).run.is_example is False


@pytest.mark.django_db(transaction=True)
def test_two_concurrent_presses_start_one_run(user, endpoint):
    press = partial(starting.start, request(user, endpoint))
    started = at_once(press, press)
    assert sorted(outcome.is_new for outcome in started) == [False, True]
    assert started[0].run.pk == started[1].run.pk
    assert Charge.objects.count() == 1


def test_a_token_of_any_key_fits_its_column():
    tokens = {starting.token(source, "x" * length) for source in Source for length in (0, 60, 900)}
    assert max(map(len, tokens)) <= starting.TOKEN_CHARS
    assert len(tokens) == 3 * len(Source)
