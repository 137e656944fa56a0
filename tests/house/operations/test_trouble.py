"""Admins are told of the deployment's problems once a day, if these last."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from features.notifications.models import Channel, Delivery, Notification
from house.operations import owner
from tests.house.made import make_admin

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _first_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner, "_before", frozenset())


def test_admins_are_told_of_what_lasts_once_a_day(user: User, settings: Any) -> None:
    eva = make_admin("eva")
    owner.tell_admins()
    assert not Notification.objects.exists()
    owner.tell_admins()
    owner.tell_admins()
    notices = Notification.objects.all()
    assert {notification.user for notification in notices} == {eva}
    subjects = sorted(notification.subject for notification in notices)
    assert len(subjects) == len(set(subjects))
    assert any(subject.startswith("No worker is running") for subject in subjects)
    assert {notification.path for notification in notices} == {"/admin/status/"}
    assert not Delivery.objects.exists()  # without EMAIL_URL, no mail is sent


def test_trouble_is_mailed_to_admins_who_have_chosen_nothing(settings: Any) -> None:
    settings.EMAIL_URL = "smtp://mail.example.com"
    eva, mia = make_admin("eva"), make_admin("mia")
    User.objects.filter(pk__in=[eva.pk, mia.pk]).update(email="admin@example.com")
    Channel.objects.create(user=mia, method="email", name="mail", kinds=["budget_warning"])
    for _ in range(3):
        owner.tell_admins()
    mails = Delivery.objects.filter(notification__subject__startswith="No worker is running")
    assert [(mail.user, mail.address) for mail in mails] == [(eva, "admin@example.com")]
