"""A webhook's address is a secret: the database holds it encrypted."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from notifications.delivery import sending
from notifications.models import Channel, Delivery

pytestmark = pytest.mark.django_db
SLACK = "https://hooks.slack.com/services/T000/B000/verysecret"


def stored() -> list[str]:
    """The addresses as the database and its copies hold them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT address FROM notifications_channel"
            " UNION ALL SELECT address FROM notifications_delivery"
        )
        return [address for (address,) in cursor.fetchall()]


def test_addresses_are_encrypted_in_the_database(user: User) -> None:
    channel = Channel.objects.create(user=user, method="slack", name="a", address=SLACK)
    Delivery.objects.create(user=user, method="slack", channel=channel, address=SLACK)
    Channel.objects.create(user=user, method="email", name="b")
    assert not [text for text in stored() if "verysecret" in text or "slack" in text]
    assert sorted(Channel.objects.values_list("address", flat=True)) == ["", SLACK]
    assert Delivery.objects.get().address == SLACK


def test_an_address_survives_a_change_of_the_secret_key(user: User, settings: Any) -> None:
    Channel.objects.create(user=user, method="slack", name="a", address=SLACK)
    settings.SECRET_KEY, former = "another" * 9, settings.SECRET_KEY
    assert Channel.objects.get().address == ""  # to be entered again
    settings.SECRET_KEY_FALLBACKS = [former]
    assert Channel.objects.get().address == SLACK
    sending.maintain()
    settings.SECRET_KEY_FALLBACKS = []
    assert Channel.objects.get().address == SLACK
