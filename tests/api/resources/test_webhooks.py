"""Webhooks by the API: for one run or all, checked, created once per key, with every delivery."""

from typing import Any

import pytest

from features.notifications import outbox
from features.notifications.models import Channel, Delivery
from runs.models import Run

pytestmark = pytest.mark.django_db
FLUX = "fal-ai/flux/dev"
HOOK = "https://example.com/hooks/verysecret"
BODY = {"endpoint_id": FLUX, "arguments": {"prompt": "a cat"}}


@pytest.fixture(autouse=True)
def flux(make_endpoint: Any, documents: Any) -> Any:
    return make_endpoint(FLUX, documents[FLUX])


def test_a_run_keeps_its_webhook_and_shows_it_without_the_secret(call):
    response = call("POST", "/runs", BODY | {"webhook_url": HOOK})
    assert response.status_code == 201, response.content
    assert response.json()["webhook_url"] == "https://example.com/…cret"
    delivery = Delivery.objects.get()
    assert (str(delivery.run_id), delivery.state) == (response.json()["id"], "waiting")
    (item,) = call("GET", f"/deliveries?run_id={delivery.run_id}").json()["items"]
    assert (item["state"], item["webhook_id"], item["attempts"]) == ("waiting", None, [])


@pytest.mark.parametrize(
    "address", ["http://example.com/", "https://10.0.0.1/", "hook", "https://x/"]
)
def test_a_webhook_on_a_private_host_creates_no_run(call, address):
    response = call("POST", "/runs", BODY | {"webhook_url": address})
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "#/webhook_url"
    assert not Run.objects.exists()


def test_the_same_key_with_another_webhook_is_another_request(call):
    first = call("POST", "/runs", BODY | {"webhook_url": HOOK}, Idempotency_Key="k")
    again = call("POST", "/runs", BODY | {"webhook_url": HOOK}, Idempotency_Key="k")
    assert (first.status_code, again.status_code) == (201, 200)
    for other in (BODY, BODY | {"webhook_url": HOOK + "2"}):
        assert call("POST", "/runs", other, Idempotency_Key="k").status_code == 422
    assert Delivery.objects.count() == 1


def test_own_webhooks_are_listed_without_their_secret(call, user, stranger):
    channel = Channel.objects.create(user=user, method="runs", name="n8n", address=HOOK)
    Channel.objects.create(user=stranger, method="runs", address=HOOK)
    (item,) = call("GET", "/webhooks").json()["items"]
    assert (item["id"], item["name"]) == (str(channel.pk), "n8n")
    assert item["webhook_url"] == "https://example.com/…cret"


def test_a_failed_delivery_is_listed_with_its_attempts(call, user, make_run):
    log = [{"at": "2026-11-23T00:00:00+00:00", "status": 410, "error": "It answered 410."}]
    Delivery.objects.create(
        user=user, method="runs", address=HOOK, run=make_run(), state="failed", log=log
    )
    (item,) = call("GET", "/deliveries").json()["items"]
    assert item["attempts"] == log


def test_deliveries_are_paged_and_leave_out_mails_and_others_webhooks(
    call, user, stranger, make_run
):
    for _ in range(5):
        Delivery.objects.create(user=user, method="runs", address=HOOK, run=make_run())
    Delivery.objects.create(user=stranger, method="runs", address=HOOK, run=make_run())
    Channel.objects.create(user=user, method="email", kinds=["run_finished"])
    outbox.notify(user, "run_finished", subject="x", key="x")
    seen, address = [], "/deliveries?limit=2"
    for _ in range(3):
        page = call("GET", address).json()
        seen += [delivery["id"] for delivery in page["items"]]
        address = f"/deliveries?limit=2&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert len(seen) == len(set(seen)) == 5
