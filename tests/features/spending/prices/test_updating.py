"""Measured prices follow the bills and replace list prices from which they differ."""

import json
from dataclasses import replace
from decimal import Decimal
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

import fal
from catalog import pricing
from catalog.models import Endpoint, Revision, SyncReport
from catalog.sync.upsert import CatalogUpserter
from features.notifications.models import Notification
from features.spending.models import MeasuredPrice, UnmeasuredRun
from features.spending.prices import updating
from runs.costs import ledger
from runs.costs.cost import estimate_run
from runs.models import Artifact, Run
from runs.state import state_machine
from runs.state.transitions import Observation
from tests.features.spending.prices.conftest import DOCUMENT, KEYS
from tests.runs.start.started import start_run

pytestmark = pytest.mark.django_db


def current(endpoint: Endpoint) -> Endpoint:
    return Endpoint.objects.get(pk=endpoint.pk)


def test_a_mislabelled_model_is_estimated_by_its_bills(painter, bill):
    for pictures in (1, 2, 1, 4, 1):
        bill(str(Decimal("0.049") * pictures), pictures)
    assert updating.measure_due() == 5
    endpoint = current(painter)
    assert (endpoint.measured_price, endpoint.measured_unit) == (Decimal("0.049"), "images")
    estimate = estimate_run(endpoint, {"prompt": "a cat", "num_images": 2})
    assert (estimate.low, estimate.label) == (Decimal("0.098"), "about $0.098, measured")
    note = "Measured: $0.049 per image, from 5 runs; the list price is $0.0005 per compute second."
    assert estimate.basis[-1] == note


def test_a_price_by_resolution_is_estimated_for_each(painter, bill):
    due = {"1K": "0.04", "2K": "0.08", "4K": "0.16"}
    for resolution in [*due, *due, *due, "1K"]:
        bill(due[resolution], resolution=resolution)
    updating.measure_due()
    endpoint = current(painter)
    for resolution, price in due.items():
        estimate = estimate_run(endpoint, {"prompt": "x", "resolution": resolution})
        assert estimate.low == Decimal(price)
        assert f"per image with resolution {resolution}, from" in estimate.basis[-1]
    # A card shows the price of a run with an unchanged form.
    assert pricing.typical_price(endpoint).value == Decimal("0.04")
    assert estimate_run(endpoint, {"prompt": "x"}).low == Decimal("0.04")


def test_a_resolution_that_nobody_has_paid_for_may_cost_more(painter, bill):
    for resolution, price in [("1K", "0.04"), ("2K", "0.08")] * 5:
        bill(price, resolution=resolution)
    updating.measure_due()
    estimate = estimate_run(current(painter), {"prompt": "x", "resolution": "4K"})
    assert (estimate.label, estimate.most) == ("at least $0.04, measured", None)
    assert estimate.basis[-1] == "No run with these settings was measured: it may cost more."


def test_what_is_said_right_stays_as_it_is(make_endpoint, bill):
    endpoint = make_endpoint(unit_price_usd=Decimal("0.05"), price_unit="images")
    token = Revision.current()
    for _ in range(6):
        bill("0.05", endpoint=endpoint)
    updating.measure_due()
    own = MeasuredPrice.objects.get(endpoint=endpoint)
    assert own.said == own.median == Decimal("0.05")
    assert own.difference == Decimal(0)
    assert not own.is_used
    assert current(endpoint).measured_price is None
    assert Revision.current() == token  # nothing on any page has changed


def test_a_new_list_price_is_believed_until_it_was_paid(painter, bill):
    for _ in range(6):
        bill("0.049")
    updating.measure_due()
    Endpoint.objects.filter(pk=painter.pk).update(unit_price_usd="0.06", price_unit="images")
    painter.refresh_from_db()
    bill("0.06")
    updating.measure_due()
    assert current(painter).measured_price is None
    assert MeasuredPrice.objects.get().count == 1


def test_a_run_is_measured_once_its_bill_has_come(painter, user):
    endpoint = painter
    run = start_run(user=user, endpoint=endpoint, arguments={"prompt": "x"}, key=next(KEYS)).run
    state_machine.record(run.pk, Observation(Run.State.SUCCEEDED, output={}))
    assert updating.measure_due() == 0
    assert not MeasuredPrice.objects.exists()
    state_machine.record(run.pk, Observation(billable_units="4"))
    assert updating.measure_due() == 1
    assert MeasuredPrice.objects.get().median == Decimal("0.002")
    assert not UnmeasuredRun.objects.exists()


def test_failed_runs_do_not_count(painter, user):
    endpoint = painter
    run = start_run(user=user, endpoint=endpoint, arguments={"prompt": "x"}, key=next(KEYS)).run
    state_machine.record(run.pk, Observation(Run.State.FAILED, billable_units="4"))
    assert updating.measure_due() == 1  # a failed run that upstream charged
    assert not MeasuredPrice.objects.exists()


@pytest.mark.both_databases
def test_a_corrected_bill_is_measured_anew(painter, bill):
    runs = [bill("0.049") for _ in range(5)]
    updating.measure_due()
    for run in runs:
        ledger.report(run.pk, Decimal("0.10"))
    assert updating.measure_due() == 5
    assert current(painter).measured_price == Decimal("0.10")


@pytest.mark.both_databases
def test_the_command_measures_all_anew(painter, bill):
    for _ in range(5):
        bill("0.049")
    Run.objects.all().delete()
    out = StringIO()
    call_command("measure_prices", stdout=out)
    assert out.getvalue() == "1 model measured.\n"
    assert not MeasuredPrice.objects.exists()
    assert current(painter).measured_price is None


def test_an_idle_worker_asks_one_query(painter, django_assert_num_queries):
    with django_assert_num_queries(1):
        updating.measure_due()


def test_measuring_needs_as_many_queries_for_many_runs(
    painter, bill, django_assert_max_num_queries
):
    for n in range(12):
        bill("0.049", 1 + n % 2)
    with django_assert_max_num_queries(14):
        updating.measure_due()


def test_a_sync_that_brings_another_list_price_ends_the_measured_one(painter, bill):
    for _ in range(5):
        bill("0.049")
    updating.measure_due()
    same = fal.Price("acme/paint", Decimal("0.0005"), "compute seconds", "USD")
    Endpoint.objects.filter(pk=painter.pk).update(currency="USD")
    CatalogUpserter(SyncReport()).keep_prices([same])
    assert current(painter).measured_price == Decimal("0.049")
    CatalogUpserter(SyncReport()).keep_prices([replace(same, unit_price=Decimal("0.06"))])
    endpoint = current(painter)
    assert (endpoint.measured_price, endpoint.measured_groups) == (None, None)
    assert estimate_run(endpoint, {"prompt": "x"}).source == ""


@pytest.mark.usefixtures("admin_is_asked")
def test_a_price_beyond_twice_the_list_is_used_once_an_admin_agrees(painter, bill):
    """$0.025 became "$2.03, measured" 81 times, and a project was refused a run of four cents."""
    eva = User.objects.create_superuser("eva")
    for _ in range(5):
        bill("0.049")
    updating.measure_due()
    own = MeasuredPrice.objects.get()
    assert (own.is_used, own.awaits_yes) == (False, True)
    assert current(painter).measured_price is None
    (notice,) = Notification.objects.filter(user=eva)
    assert notice.subject == "paint seems to cost $0.049 per image, not $0.002"
    bill("0.049")
    updating.measure_due()
    assert Notification.objects.filter(user=eva).count() == 1
    updating.agree(eva, own)
    assert current(painter).measured_price == Decimal("0.049")
    bill("0.052")
    updating.measure_due()
    assert current(painter).measured_price == Decimal("0.049")
    for _ in range(20):
        bill("0.5")  # the admin did not agree to this price
    updating.measure_due()
    assert current(painter).measured_price is None


@pytest.mark.usefixtures("admin_is_asked")
def test_admins_agree_in_the_inbox(member, painter, bill):
    eva = Client()
    eva.force_login(User.objects.create_superuser("eva"))
    for _ in range(5):
        bill("0.049")
    updating.measure_due()
    address = f"/spend/prices/{painter.pk}/agreement/"
    assert member.post(address).status_code == 403
    assert address in eva.get("/inbox/").content.decode()
    eva.post(address)
    assert current(painter).measured_price == Decimal("0.049")


def test_what_was_asked_for_is_measured_and_not_what_came(make_endpoint, user, bill):
    """A picture of 0.012 megapixels was billed as the megapixel that the user had requested."""
    document = json.loads(json.dumps(DOCUMENT))
    fields = document["components"]["schemas"]["Input"]["properties"]
    fields["image_size"] = {"enum": ["square_hd"], "default": "square_hd"}
    endpoint = make_endpoint(
        "acme/small", document=document, unit_price_usd=Decimal("0.025"),
        price_unit="megapixels", facts=["out:image"],
    )  # fmt: skip
    for _ in range(8):
        run = bill("0.026", endpoint=endpoint)
        Artifact.objects.filter(run=run).update(width=112, height=110)
    updating.measure_due()
    assert not MeasuredPrice.objects.get(endpoint=endpoint).is_used
    assert current(endpoint).measured_price is None
