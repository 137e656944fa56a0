"""An alarm's pages and letter, which users see them, and the button "I have looked at it"."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from accounts.audit.entries import AuditEntry
from features.spending.models import Alarm, BillingEvent
from projects.models import Membership, Project
from runs.models import Charge
from tests.conftest import grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(user: User) -> Project:
    return Project.objects.create(name="Poster", slug="poster")


@pytest.fixture
def alarm(make_run: Callable[..., Any], user: User, team: Project) -> Alarm:
    arguments = {
        "prompt": "a secret cat", "resolution": "1080p", "audio": True, "seed": 7,
        "image_url": "https://fal.media/x.png", "image_size": {"width": 1024, "height": 768},
    }  # fmt: skip
    Membership.objects.create(project=team, user=user, role="maker")
    run = make_run(
        state="succeeded", project=team, arguments=arguments, request_id="req-1",
        billable_units="100",
    )  # fmt: skip
    Charge.objects.filter(run=run).update(
        expected=Decimal("0.05"), billed=Decimal(5), amount=Decimal(5),
        unit_price=Decimal("0.05"), price_unit="images",
    )  # fmt: skip
    BillingEvent.objects.create(request_id="req-1", run=run, units="100", cost=Decimal(5))
    return Alarm.objects.create(
        run=run, user=user, project=team, endpoint=run.endpoint, request_id="req-1",
        expected=Decimal("0.05"), cost=Decimal(5), basis="estimate",
    )  # fmt: skip


def browser_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def admin() -> User:
    person = User.objects.create_user("root", is_staff=True)
    grant(person, "spending.change_budget")
    return person


def test_whose_run_it_is_sees_both_sums_and_a_letter_without_texts_and_files(
    member: Client, alarm: Alarm
) -> None:
    page = member.get(alarm.get_absolute_url()).content.decode()
    letter = page.partition("<textarea")[2].partition("</textarea>")[0]
    for text in ("req-1", "$5.00", "$0.05", "resolution: 1080p", "audio: yes", "1024 × 768"):
        assert text in letter
    for text in ("secret", "fal.media", "image_url"):
        assert text not in letter
    assert "I have looked at it" not in page


def test_others_get_404_and_an_empty_list(stranger: User, alarm: Alarm) -> None:
    client = browser_of(stranger)
    assert client.get(alarm.get_absolute_url()).status_code == 404
    assert client.post(reverse("spending:alarm-look", args=[alarm.pk])).status_code == 404
    page = client.get(reverse("spending:alarms")).content.decode()
    assert "No alarms" in page
    assert "$5.00" not in page


def test_an_admin_who_may_not_read_the_run_sees_sums_but_no_arguments(alarm: Alarm) -> None:
    page = browser_of(admin()).get(alarm.get_absolute_url()).content.decode()
    assert "$5.00" in page
    assert "1080p" not in page
    assert "See the run" not in page


@pytest.mark.parametrize("role", ["viewer", "maker"])
def test_other_members_do_not_see_it(
    stranger: User, alarm: Alarm, team: Project, role: str
) -> None:
    Membership.objects.create(project=team, user=stranger, role=role)
    assert browser_of(stranger).get(alarm.get_absolute_url()).status_code == 404


def test_a_manager_looks_at_it_once_and_it_is_in_the_audit(
    stranger: User, alarm: Alarm, team: Project
) -> None:
    Membership.objects.create(project=team, user=stranger, role="manager")
    client = browser_of(stranger)
    assert "I have looked at it" in client.get(alarm.get_absolute_url()).content.decode()
    address = reverse("spending:alarm-look", args=[alarm.pk])
    assert client.post(address).headers["Location"] == alarm.get_absolute_url()
    again = client.post(address, follow=True).content.decode()
    assert "has already looked at it" in again
    alarm.refresh_from_db()
    assert alarm.looked_by == stranger
    assert AuditEntry.objects.filter(detail__contains="looked at the alarm").count() == 1


def test_whose_run_it_is_may_not_say_so(member: Client, alarm: Alarm) -> None:
    assert member.post(reverse("spending:alarm-look", args=[alarm.pk])).status_code == 403


def test_it_outlives_run_and_people(alarm: Alarm) -> None:
    client = browser_of(admin())
    Charge.objects.all().delete()
    alarm.run.delete()
    Alarm.objects.update(user_id=10**6, endpoint_id=10**6)
    page = client.get(alarm.get_absolute_url())
    assert page.status_code == 200
    assert "somebody who left" in page.content.decode()
    assert client.get(reverse("spending:alarms")).status_code == 200
