"""The seventh run is billed at a hundred times its price: people are told of that one, once."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from features.notifications.models import Notification
from features.spending.bills import high_bills
from runs.models import Charge, Run
from tests.features.spending.conftest import ReadBills
from tests.runs.conftest import Ask, Control, Work, have_ended

pytestmark = [pytest.mark.system, pytest.mark.django_db(transaction=True)]

MODEL = "sandbox/ridgeline"


@pytest.mark.exhaustive
def test_people_are_told_of_exactly_the_seventh_run(
    ask: Ask, work: Work, sandbox: Control, read_bills: ReadBills
) -> None:
    admin = User.objects.create_superuser("root")
    sandbox.bill(endpoint_id=MODEL, factor=100, nth=7)
    runs = []
    for number in range(1, 7):
        runs.append(ask(MODEL, prompt=f"ridge {number}"))
        work(lambda: have_ended(*runs))
    notices = Notification.objects.filter(kind=high_bills.KIND)
    assert not notices.exists()
    seventh = ask(MODEL, prompt="ridge 7")
    work(lambda: have_ended(seventh) and not Charge.objects.filter(awaits_check=True).exists())

    assert {note.user_id for note in notices} == {admin.pk, seventh.user_id}
    assert {note.path for note in notices} == {seventh.get_absolute_url()}
    assert "has cost $1.20 instead of about $0.012" in notices[0].subject

    read_bills()  # the billing event settles the run again, and nobody is told a second time
    high_bills.check_settled()
    assert notices.count() == 2
    charges = {charge.run_id: charge for charge in Charge.objects.all()}
    events = {event["request_id"]: event for event in sandbox.bill(release=True)["events"]}
    for run in Run.objects.all():
        billed = Decimal(events[run.request_id]["cost_estimate_nano_usd"]).scaleb(-9)
        assert charges[run.pk].reported == charges[run.pk].amount == billed
