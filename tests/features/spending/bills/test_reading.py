"""Billing events of the sandbox: late, repeated, odd, unknown, refused. The sums stay right."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from core.db import clock
from features.notifications.models import Notification
from features.spending.bills import balance, reading
from features.spending.models import BillingEvent, BillingState
from runs.costs import daily_sums
from runs.models import Charge, Run
from tests.runs.conftest import Ask, Work, have_ended

pytestmark = [pytest.mark.system, pytest.mark.django_db(transaction=True)]

MODEL = "sandbox/ridgeline"


def raw_event(request_id: str, **values: Any) -> dict[str, Any]:
    at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return {"request_id": request_id, "endpoint_id": MODEL, "timestamp": at, **values}


def charge_of(run: Run) -> Charge:
    return Charge.objects.get(run=run)


def finish_run(ask: Ask, work: Work, **arguments: Any) -> Run:
    run = ask(MODEL, **{"prompt": "a ridge", **arguments})
    work(lambda: have_ended(run))
    run.refresh_from_db()
    return run


def test_a_discount_comes_late_and_twice_and_counts_once(ask, work, sandbox, read_bills):
    sandbox.bill(endpoint_id=MODEL, discount="25", is_late=True, copies=2)
    run = finish_run(ask, work)
    assert read_bills().trouble == ""
    assert not BillingEvent.objects.exists()
    assert charge_of(run).amount == Decimal("0.012")
    sandbox.bill(release=True)
    read_bills()
    read_bills()
    event = BillingEvent.objects.get()
    assert (event.run_id, event.cost, event.discount) == (run.pk, Decimal("0.009"), "25")
    charge = charge_of(run)
    assert (charge.billed, charge.reported, charge.amount) == (
        Decimal("0.012"),
        Decimal("0.009"),
        Decimal("0.009"),
    )


def test_a_workflow_costs_what_its_steps_do_whenever_they_are_billed(
    ask, work, sandbox, read_bills
):
    sandbox.bill(endpoint_id=MODEL, is_late=True)
    run = finish_run(ask, work)
    other = finish_run(ask, work, prompt="another")
    for each, names in ((run, ("step-1", "step-2")), (other, ("step-3",))):
        events: list[Any] = [{"type": "submit", "node_id": n, "request_id": n} for n in names]
        events += [{"type": "completion", "output": {}}, "no object", {"request_id": 7}]
        Run.objects.filter(pk=each.pk).update(
            steps=[{"at": None, "event": event} for event in events]
        )
    sandbox.bill(event=raw_event("step-1", cost_total="0.5"))
    sandbox.bill(event=raw_event("step-3", cost_total="0.25"))
    sandbox.bill(event=raw_event("somebody-else", cost_total="5"))
    read_bills()
    assert charge_of(run).amount == Decimal("0.5")
    sandbox.bill(event=raw_event("step-2", cost_total="0.125"))
    sandbox.bill(release=True)  # the sandbox also bills the workflow itself
    read_bills()
    read_bills()
    assert charge_of(run).amount == Decimal("0.5") + Decimal("0.125") + Decimal("0.012")
    assert charge_of(other).amount == Decimal("0.25") + Decimal("0.012")
    assert BillingEvent.objects.get(run=None).request_id == "somebody-else"


def test_a_rejected_run_that_is_charged_costs_what_the_event_says(ask, work, sandbox, read_bills):
    sandbox.bill(endpoint_id="mischief/slow", unit_price="0.04", charges_rejected=True)
    run = ask("mischief/slow", prompt="a forbidden forest")
    work(lambda: have_ended(run))
    read_bills()
    charge = charge_of(run)
    assert (charge.reported, charge.amount, charge.state) == (
        Decimal("0.04"),
        Decimal("0.04"),
        "settled",
    )


def test_a_cancelled_run_is_free_and_has_no_event(ask, work, sandbox, read_bills):
    sandbox.bill(endpoint_id="mischief/slow", unit_price="0.5")
    run = ask("mischief/slow", prompt="patience", duration=60)
    work(lambda: Run.objects.filter(pk=run.pk, state="running").exists())
    Run.objects.filter(pk=run.pk).update(cancel_requested_at=clock.now())
    work(lambda: have_ended(run))
    read_bills()
    assert not BillingEvent.objects.exists()
    assert daily_sums.of_charge(charge_of(run)).amount == 0


def test_unknown_requests_are_kept_and_odd_sums_settle_nothing(ask, work, sandbox, read_bills):
    sandbox.bill(endpoint_id=MODEL, is_late=True)
    run, other = finish_run(ask, work), finish_run(ask, work, prompt="another")
    sandbox.bill(event=raw_event("somebody-else", cost_estimate_nano_usd=5_000_000_000))
    sandbox.bill(event=raw_event(run.request_id, cost_estimate_nano_usd=-1, unit_price=None))
    sandbox.bill(event=raw_event(other.request_id, cost_total=None, output_units="many"))
    sandbox.bill(event={"timestamp": raw_event("")["timestamp"], "cost_total": 3})
    read_bills()
    events = {event.request_id: event for event in BillingEvent.objects.all()}
    assert events["somebody-else"].run_id is None
    assert events["somebody-else"].cost == Decimal(5)
    assert events[run.request_id].cost == Decimal("-0.000000001")
    assert events[other.request_id].cost is None
    for each in (run, other):
        assert charge_of(each).reported is None
        assert charge_of(each).amount == Decimal("0.012")


def test_an_event_that_came_before_its_run_was_known_is_matched_later(
    ask, work, sandbox, read_bills
):
    run = finish_run(ask, work)
    Run.objects.filter(pk=run.pk).update(request_id="")
    read_bills()
    assert BillingEvent.objects.get().run_id is None
    Run.objects.filter(pk=run.pk).update(request_id=run.request_id)
    read_bills()
    assert BillingEvent.objects.get().run_id == run.pk
    assert charge_of(run).reported == Decimal("0.012")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("401", "fal refuses FAL_ADMIN_KEY"),
        ("403", "needs the scope ADMIN"),
        ("429", "tries again later"),
        ("garbage", "nothing that can be read"),
    ],
)
def test_trouble_is_a_sentence_and_rounds_become_rarer(sandbox, read_bills, fault, words):
    sandbox.fault("billing_events", fault, times=3)
    state = read_bills()
    assert words in state.trouble
    assert state.failures == 1
    assert state.balance is not None  # the job reads the balance nevertheless
    sandbox.reset()
    state = read_bills()
    assert (state.trouble, state.failures) == ("", 0)
    assert reading.pause_s(1) > reading.pause_s(0)


def test_what_was_not_read_to_the_end_is_read_again(sandbox, read_bills, catalogue):
    first = read_bills()
    for number in range(1_050):  # a thousand are asked for at once
        sandbox.bill(event=raw_event(f"other-{number}", cost_total=0.1))
    sandbox.fault("billing_events", "401", after=1)
    state = read_bills()
    assert BillingEvent.objects.count() == 1_000
    assert state.read_until == first.read_until
    read_bills()
    assert BillingEvent.objects.count() == 1_050


def test_an_ordinary_key_is_refused_with_what_is_missing(sandbox, read_bills, settings):
    settings.FAL_ADMIN_KEY = settings.FAL_KEY
    state = read_bills()
    assert "billing:usage:read" in state.trouble
    assert "billing:usage:read" in state.balance_trouble


def test_without_a_key_nothing_is_asked(sandbox, read_bills, settings):
    settings.FAL_ADMIN_KEY = ""
    state = read_bills()
    assert not state.has_key
    assert "billing_events" not in sandbox.calls()


def test_one_worker_reads_at_a_time(sandbox, read_bills):
    read_bills()
    sandbox.reset()
    assert reading.claimed(clock.now()) is None
    later = clock.now() + timedelta(seconds=reading.EVERY_S)
    assert reading.claimed(later) is not None
    assert reading.claimed(later) is None


def test_admins_hear_of_a_short_balance_once_below_each_bar(ask, work, sandbox, read_bills):
    admin = User.objects.create_superuser("root")
    finish_run(ask, work)  # that is $0.012 a day

    def read_subjects() -> list[str]:
        notes = Notification.objects.filter(kind=balance.KIND, user=admin).order_by("created_at")
        return list(notes.values_list("subject", flat=True))

    assert read_bills().balance == Decimal("249.988")
    assert read_subjects() == []
    sandbox.bill(balance="0.06")
    for _ in range(2):
        read_bills()
        assert read_subjects() == ["fal: Balance $0.06, lasts about 5 days"]
    sandbox.bill(balance="0.018")
    read_bills()
    read_bills()
    assert read_subjects()[1:] == ["fal: Balance $0.018, lasts about 1 day"]
    sandbox.bill(balance="100")
    read_bills()
    sandbox.bill(balance="0.06")
    read_bills()
    assert len(read_subjects()) == 3
    assert BillingState.current().warned_below == 7
