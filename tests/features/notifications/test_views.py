"""The page of notifications: channels, forms that keep their input, deliveries in words, undo."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from features.notifications.delivery import signing_keys
from features.notifications.models import Channel, Delivery, NotificationPreferences

pytestmark = pytest.mark.django_db
PAGE = "/account/notifications/"
SLACK = "https://hooks.slack.com/services/T000/B000/verysecret"


def add(client: Client, **values: Any) -> Any:
    typed = {"method": "slack", "address": SLACK, "kind": ["run_finished"], "name": ""} | values
    return client.post(f"{PAGE}channels/", typed, follow=True)


def test_a_channel_can_be_added_changed_and_paused_with_a_hidden_secret(member):
    page = add(member).content.decode()
    assert "verysecret" not in page
    assert "https://hooks.slack.com/…cret" in page
    channel = Channel.objects.get()
    changed = {"name": "team", "address": "", "kind": ["budget_warning", "x"], "is_paused": "1"}
    member.post(f"{PAGE}channels/{channel.pk}/", changed)
    channel.refresh_from_db()
    assert (channel.name, channel.kinds, channel.address) == ("team", ["budget_warning"], SLACK)
    assert channel.is_paused


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"address": "http://10.0.0.1/x\x00"}, "must begin with https://"),
        ({"address": "https://10.0.0.1/"}, "not on the public internet"),
        ({"address": ""}, "This is not a web address"),
    ],
    ids=["nul", "private", "no-address"],
)
def test_an_invalid_value_is_reported_beside_the_input(member, values, message):
    response = add(member, **values)
    page = response.content.decode()
    assert response.status_code == 422
    assert message in page
    if values.get("address", "x") == "https://10.0.0.1/":
        assert 'value="https://10.0.0.1/"' in page
    assert not Channel.objects.exists()


def test_a_message_that_failed_is_sent_again(
    member, make_channel, receiver,
    send
):  # fmt: skip
    receiver.statuses = [410, 200]
    member.post(f"{PAGE}channels/{make_channel().pk}/test/")
    send()
    assert "It answered 410" in member.get(PAGE).content.decode()
    member.post(f"{PAGE}deliveries/{Delivery.objects.get().pk}/repetition/")
    send()
    assert Delivery.objects.get().state == "delivered"


def test_a_removed_channel_gets_nothing_and_can_be_restored(
    member, make_channel, tell,
    receiver, send
):  # fmt: skip
    channel = make_channel()
    tell()
    member.post(f"{PAGE}channels/{channel.pk}/deletion/")
    send()
    assert receiver.requests == []
    member.post(f"/undo/channel/{channel.pk}/")
    send()
    assert len(receiver.requests) == 1
    Channel.objects.update(deleted_at=timezone.now() - timedelta(hours=25))
    again = member.post(f"/undo/channel/{channel.pk}/", follow=True)
    assert "too long ago" in again.content.decode()


@pytest.mark.parametrize(
    ("minutes", "limit", "is_saved"),
    [("30", "7,5", True), ("0", "", False), ("5", "1e9", False), ("5", "NaN", False)],
    ids=["both", "zero", "huge", "nan"],
)  # fmt: skip
def test_preferences_are_saved_or_errors_are_at_their_field(member, minutes, limit, is_saved):
    response = member.post(f"{PAGE}preferences/", {"minutes": minutes, "limit": limit})
    assert response.status_code == (302 if is_saved else 422)
    assert NotificationPreferences.objects.exists() == is_saved


def test_the_key_set_is_public_and_has_no_private_part(client):
    signing_keys.create(timezone.now())
    response = client.get("/.well-known/jwks.json")
    (key,) = response.json()["keys"]
    assert set(key) == {"kty", "crv", "x", "kid", "use", "alg"}
    assert "max-age=3600" in response.headers["Cache-Control"]
