"""The monthly mail: who gets it, once, and what its five lines say."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from core.db import clock
from notifications.models import Channel, Delivery, Notification
from spending.models import Budget
from spending.sums import monthly
from spending.sums.totals import Days
from tests.people.house.made import make_admin
from tests.projects.people import make_project, person
from tests.spending.spend.charges import charge

pytestmark = pytest.mark.django_db
FIRST = datetime(2026, 11, 1, 6, tzinfo=timezone.get_default_timezone())
OCTOBER = Days((FIRST - timedelta(days=31)).date(), (FIRST - timedelta(days=1)).date())


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    """What the clock says: the morning of the first of November, unless a test changes it."""
    now = {"now": FIRST}
    monkeypatch.setattr(clock, "now", lambda *_, **__: now["now"])
    return now


def wants(user: User, *kinds: str) -> Channel:
    return Channel.objects.create(
        user=user, method="email", name="mail", address="a@example.test",
        kinds=list(kinds or [monthly.KIND]),
    )  # fmt: skip


def october(day: int) -> Any:
    return OCTOBER.first.replace(day=day)


@pytest.fixture
def spent(user: User, stranger: User, make_endpoint: Any) -> None:
    """Ana manages Acme, in which Sam spent most of October; each spent something elsewhere."""
    acme = make_project("Acme", ana="manager", sam="maker")
    flux = make_endpoint("fal-ai/flux/dev", full_name="FLUX dev")
    video = make_endpoint("a/video", full_name="Video")
    for day in range(1, 15):
        charge(user, "1.00", october(day), acme, flux)
    charge(stranger, "16.00", october(20), acme, video)
    charge(stranger, "500.00", october(3), endpoint=flux)
    charge(user, "20.00", date(2026, 9, 9), endpoint=flux)
    Budget.objects.create(scope="project", project=acme, limit=Decimal(32))
    Budget.objects.create(scope="person", limit=Decimal(100))


def test_a_manager_reads_five_lines(spent: None, user: User, moment: dict[str, datetime]) -> None:
    assert monthly.lines(user, OCTOBER) == [
        "October 2026: $30.00 for 15 runs, +50 % compared with $20.00 in September 2026.",
        "Most on a model: Video, $16.00 (53 %).",
        "Most in a project: Acme, $30.00 (100 %); by a person: sam, $16.00 (53 %).",
        "1 unusual day: Tuesday 20 October: $16.00, 16 times the usual $1.00 a day.",
        "1 budget near the end or spent: Acme, 93 % of $32.00.",
    ]


def test_nobody_reads_of_what_they_do_not_see(
    spent: None, stranger: User, moment: dict[str, datetime]
) -> None:
    said = "\n".join(monthly.lines(stranger, OCTOBER))
    assert "$516.00 for 2 runs" in said
    assert "Each person, 100 % of $100.00" in said
    assert "by a person" not in said
    assert "Most in a project: Private, $500.00 (97 %)." in said
    said = "\n".join(monthly.lines(make_admin("eva"), OCTOBER))
    assert "$530.00 for 16 runs" in said
    assert "Private project of sam" in said


def test_whoever_wants_it_gets_it_once(
    spent: None, user: User, stranger: User, moment: dict[str, datetime]
) -> None:
    wants(user)
    wants(stranger, "run_finished")
    wants(person("ben"))  # who spent nothing
    monthly.send_due()
    monthly.send_due()
    subjects = Notification.objects.order_by("user__username").values_list(
        "user__username", "subject"
    )
    assert list(subjects) == [
        ("ana", "What was spent in October 2026"),
        ("ben", "Nothing was spent in October 2026"),
    ]
    notification = Notification.objects.get(user=user)
    assert len(notification.text.splitlines()) == 5
    assert notification.path == "/spend/?by=model&each=day&from=2026-10-01&to=2026-10-31"
    assert Delivery.objects.filter(user=user).count() == 1


def test_a_mail_of_another_month_follows(
    spent: None, user: User, moment: dict[str, datetime]
) -> None:
    wants(user)
    monthly.send_due()
    moment["now"] = FIRST + timedelta(days=30)
    monthly.send_due()
    assert Notification.objects.filter(user=user).count() == 2


def test_who_asks_for_it_in_the_middle_of_a_month_waits_for_the_next(
    spent: None, user: User, moment: dict[str, datetime]
) -> None:
    wants(user)
    moment["now"] = FIRST + timedelta(days=14)
    assert monthly.send_due() == monthly.CHECK_EVERY_S
    assert not Notification.objects.exists()


def test_paused_and_deleted_channels_and_closed_accounts_get_none(
    spent: None, user: User, stranger: User, moment: dict[str, datetime]
) -> None:
    Channel.objects.filter(pk=wants(user).pk).update(is_paused=True)
    Channel.objects.filter(pk=wants(person("ben")).pk).update(deleted_at=FIRST)
    wants(stranger)
    User.objects.filter(pk=stranger.pk).update(is_active=False)
    monthly.send_due()
    assert not Notification.objects.exists()
