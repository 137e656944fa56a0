"""Runs that have to wait at fal: for the account's limit, or no longer than they may."""

from __future__ import annotations

import pytest

from catalog.models import Endpoint
from runs.models import Run
from runs.progress import account_concurrency
from runs.results import wait_reasons
from tests.runs.conftest import Ask, Control, Work, have_ended

pytestmark = pytest.mark.django_db(transaction=True)
SLOW = "mischief/slow"


def test_a_direct_run_above_the_accounts_limit_waits_and_goes_on(
    ask: Ask, work: Work, sandbox: Control
) -> None:
    """C90: fal refuses it with 429; its host is not in trouble, and others do not wait for it."""
    sandbox.http.post("/concurrency", json={"limit": 1}).raise_for_status()
    runs = [ask(SLOW, duration=1, picture=False) for _ in range(3)]
    Run.objects.update(transport="sync")
    notes: set[str] = set()

    def is_over() -> bool:
        notes.update(Run.objects.values_list("note", flat=True))
        return have_ended(*runs)

    work(is_over)
    assert {*Run.objects.values_list("state", flat=True)} == {"succeeded"}
    assert account_concurrency.limit() == 1
    assert notes - {""} == {wait_reasons.account_limit(1)}


def test_a_run_that_does_not_start_in_time_gives_up_and_costs_nothing(
    ask: Ask, work: Work, sandbox: Control
) -> None:
    Endpoint.objects.filter(endpoint_id=SLOW).update(unit_price_usd="0.5", price_unit="requests")
    sandbox.http.post("/concurrency", json={"limit": 1}).raise_for_status()
    working = ask(SLOW, duration=60, picture=False)
    work(lambda: Run.objects.get(pk=working.pk).state == "running")
    hasty = ask(SLOW, duration=1, picture=False)
    Run.objects.filter(pk=hasty.pk).update(options={"start_timeout_s": 3.0})
    work(lambda: have_ended(hasty))
    hasty.refresh_from_db()
    assert (hasty.state, hasty.state_word) == ("failed", "Gave up")
    assert hasty.error["start_timeout_s"] == 3.0
    assert hasty.error["status"] == 504
    assert (hasty.charge.state, hasty.billable_units) == ("released", "")
    assert hasty.request_id
    sandbox.http.post("/hurry", json={}).raise_for_status()
    work(lambda: have_ended(working))
