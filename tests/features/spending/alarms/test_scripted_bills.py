"""The seventh run is billed at a hundred times its price: one alarm, and the eighth run waits."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from features.notifications.models import Notification
from features.spending.alarms import detection
from features.spending.models import Alarm, SpendingRules
from runs.models import Charge, Run
from runs.start.refused_starts import Unaffordable
from tests.features.spending.conftest import ReadBills
from tests.runs.conftest import Ask, Control, Work, have_ended

pytestmark = [pytest.mark.system, pytest.mark.django_db(transaction=True)]

MODEL = "sandbox/ridgeline"
PRICE = Decimal("0.012")


@pytest.mark.exhaustive
def test_the_alarm_is_raised_on_exactly_the_seventh_run_and_the_eighth_waits(
    ask: Ask, work: Work, sandbox: Control, read_bills: ReadBills
) -> None:
    admin = User.objects.create_superuser("root")
    SpendingRules.objects.create(pk=1, holds_models=True)
    sandbox.bill(endpoint_id=MODEL, factor=100, nth=7)
    runs = []
    for number in range(1, 7):
        runs.append(ask(MODEL, prompt=f"ridge {number}"))
        work(lambda: have_ended(*runs))
    assert not Alarm.objects.exists()
    seventh = ask(MODEL, prompt="ridge 7")
    work(lambda: have_ended(seventh) and not Charge.objects.filter(awaits_check=True).exists())

    alarm = Alarm.objects.get()
    assert alarm.run_id == seventh.pk
    assert (alarm.expected, alarm.cost) == (PRICE, 100 * PRICE)
    seventh.refresh_from_db()
    assert alarm.request_id == seventh.request_id
    notices = Notification.objects.filter(kind=detection.KIND)
    assert {note.user_id for note in notices} == {admin.pk, seventh.user_id}
    assert {note.path for note in notices} == {alarm.get_absolute_url()}

    with pytest.raises(Unaffordable, match=r"has cost \$1\.20 instead of about \$0\.012"):
        ask(MODEL, prompt="ridge 8")
    assert Run.objects.count() == 7

    read_bills()  # the billing event settles the run again, without a second alarm
    detection.check_settled()
    assert Alarm.objects.count() == 1
    assert Notification.objects.filter(kind=detection.KIND).count() == 2
    charges = {charge.run_id: charge for charge in Charge.objects.all()}
    events = {event["request_id"]: event for event in sandbox.bill(release=True)["events"]}
    for run in Run.objects.all():
        billed = Decimal(events[run.request_id]["cost_estimate_nano_usd"]).scaleb(-9)
        assert charges[run.pk].reported == charges[run.pk].amount == billed
