"""Notifications are written once for each event, in the caller's transaction."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from features.notifications import kinds, outbox
from features.notifications.delivery import sending
from features.notifications.models import Channel, Delivery, Notification

pytestmark = pytest.mark.django_db


def tell(user: User, key: str = "run 1", **values: Any) -> bool:
    content = {"subject": "Done", "text": "It took an hour.", "path": "/runs/1/"} | values
    return outbox.notify(user, kinds.RUN_FINISHED, key=key, **content)


def test_an_event_is_sent_once_per_person_and_channel(user, stranger):
    for name, chosen in [("mail", [kinds.RUN_FINISHED]), ("other", [kinds.MODEL_CHANGED])]:
        Channel.objects.create(user=user, method="email", name=name, kinds=chosen)
    assert tell(user)
    assert not tell(user)
    assert tell(stranger)
    assert [delivery.channel and delivery.channel.name for delivery in Delivery.objects.all()] == [
        "mail"
    ]


def test_a_rolled_back_event_is_not_sent(user):
    with transaction.atomic():
        tell(user)
        transaction.set_rollback(True)
    assert tell(user)


def test_a_subject_is_one_clean_line(user):
    tell(user, subject="Done\r\nBcc: all\x00 " + "x" * 300, text="a\x00b")
    notification = Notification.objects.get()
    assert notification.subject.startswith("Done Bcc: all xxx")
    assert len(notification.subject) == 200
    assert notification.text == "ab"


SLACK = "https://hooks.slack.com/services/T000/B000/verysecret"


def stored_addresses() -> list[str]:
    """Return the addresses as the database stores them, in channels and in deliveries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT address FROM notifications_channel"
            " UNION ALL SELECT address FROM notifications_delivery"
        )
        return [address for (address,) in cursor.fetchall()]


def test_addresses_are_encrypted_in_the_database(user):
    channel = Channel.objects.create(user=user, method="slack", name="a", address=SLACK)
    Delivery.objects.create(user=user, method="slack", channel=channel, address=SLACK)
    Channel.objects.create(user=user, method="email", name="b")
    assert not [text for text in stored_addresses() if "verysecret" in text or "slack" in text]
    assert sorted(Channel.objects.values_list("address", flat=True)) == ["", SLACK]
    assert Delivery.objects.get().address == SLACK


def test_an_address_survives_a_change_of_the_secret_key(user, settings):
    Channel.objects.create(user=user, method="slack", name="a", address=SLACK)
    settings.SECRET_KEY, former = "another" * 9, settings.SECRET_KEY
    assert Channel.objects.get().address == ""  # the user has to enter it again
    settings.SECRET_KEY_FALLBACKS = [former]
    assert Channel.objects.get().address == SLACK
    sending.maintain()
    settings.SECRET_KEY_FALLBACKS = []
    assert Channel.objects.get().address == SLACK
