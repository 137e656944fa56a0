"""Notifications are written once for each event, in the caller's transaction."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from notifications import kinds, outbox
from notifications.models import Channel, Delivery, Notification

pytestmark = pytest.mark.django_db


def tell(user: User, key: str = "run 1", **values: str) -> bool:
    words = {"subject": "Done", "text": "It took an hour.", "path": "/runs/1/"} | values
    return outbox.notify(user, kinds.RUN_FINISHED, key=key, **words)


def test_an_event_is_told_once_to_each_person_and_each_of_their_channels(
    user: User, stranger: User
) -> None:
    for name, chosen in [("mail", [kinds.RUN_FINISHED]), ("other", [kinds.TRIAL_NEWS])]:
        Channel.objects.create(user=user, method="email", name=name, kinds=chosen)
    assert tell(user)
    assert not tell(user)
    assert tell(stranger)
    assert [one.channel and one.channel.name for one in Delivery.objects.all()] == ["mail"]


def test_what_is_rolled_back_is_not_told(user: User) -> None:
    with transaction.atomic():
        tell(user)
        transaction.set_rollback(True)
    assert tell(user)


def test_a_subject_is_one_line_that_every_database_takes(user: User) -> None:
    tell(user, subject="Done\r\nBcc: all\x00 " + "x" * 300, text="a\x00b")
    found = Notification.objects.get()
    assert found.subject.startswith("Done Bcc: all xxx")
    assert len(found.subject) == 200
    assert found.text == "ab"


def test_an_unknown_kind_is_an_error_of_the_caller(user: User) -> None:
    with pytest.raises(ValueError, match="register it"):
        outbox.notify(user, "gossip", subject="x", key="x")
