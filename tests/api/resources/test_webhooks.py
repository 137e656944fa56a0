"""Webhooks by the API: for one run or all, checked, created once per key, with every delivery."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from api.contract.components import COMPONENTS
from features.notifications import outbox
from features.notifications.delivery import sending
from features.notifications.models import Channel, Delivery
from runs.models import Run

pytestmark = pytest.mark.django_db
FLUX = "fal-ai/flux/dev"
HOOK = "https://example.com/hooks/verysecret"
BODY = {"endpoint_id": FLUX, "arguments": {"prompt": "a cat"}}


@pytest.fixture(autouse=True)
def flux(make_endpoint: Any, documents: Any) -> Any:
    return make_endpoint(FLUX, documents[FLUX])


def test_a_run_keeps_its_webhook_and_shows_it_without_the_secret(call: Any) -> None:
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
def test_a_webhook_on_a_private_host_creates_no_run(call: Any, address: str) -> None:
    response = call("POST", "/runs", BODY | {"webhook_url": address})
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "#/webhook_url"
    assert not Run.objects.exists()


def test_the_same_key_with_another_webhook_is_another_request(call: Any) -> None:
    first = call("POST", "/runs", BODY | {"webhook_url": HOOK}, Idempotency_Key="k")
    again = call("POST", "/runs", BODY | {"webhook_url": HOOK}, Idempotency_Key="k")
    assert (first.status_code, again.status_code) == (201, 200)
    for other in (BODY, BODY | {"webhook_url": HOOK + "2"}):
        assert call("POST", "/runs", other, Idempotency_Key="k").status_code == 422
    assert Delivery.objects.count() == 1


def test_webhooks_are_created_listed_and_removed(call: Any) -> None:
    created = call("POST", "/webhooks", {"webhook_url": HOOK, "name": "n8n"})
    assert created.status_code == 201
    assert (created.json()["name"], created.json()["webhook_url"]) == (
        "n8n",
        "https://example.com/…cret",
    )
    assert call("GET", "/webhooks").json()["items"] == [created.json()]
    assert call("DELETE", f"/webhooks/{created.json()['id']}").status_code == 204
    assert call("GET", "/webhooks").json()["items"] == []
    assert call("DELETE", f"/webhooks/{created.json()['id']}").status_code == 404
    refused = call("POST", "/webhooks", {"webhook_url": "http://10.0.0.1/"})
    assert refused.json()["errors"][0]["pointer"] == "#/webhook_url"


def test_a_failed_delivery_is_listed_and_can_be_repeated(
    call: Any, user: Any, make_run: Callable[..., Run]
) -> None:
    log = [{"at": "2026-11-23T00:00:00+00:00", "status": 410, "error": "It answered 410."}]
    failed = Delivery.objects.create(
        user=user, method="runs", address=HOOK, run=make_run(), state="failed", log=log
    )
    (item,) = call("GET", "/deliveries").json()["items"]
    assert item["attempts"] == log
    address = f"/deliveries/{failed.pk}/repetition"
    assert call("POST", address).json()["state"] == "pending"
    assert call("POST", address).status_code == 409
    assert call("POST", f"/deliveries/{uuid.uuid4()}/repetition").status_code == 404
    assert [delivery.pk for delivery in sending.take()] == [failed.pk]


@pytest.mark.parametrize("run_id", ["", "null", "1"])
def test_a_malformed_delivery_id_is_refused(call: Any, run_id: str) -> None:
    response = call("GET", f"/deliveries?run_id={run_id}")
    assert response.status_code == 422
    assert response.json()["errors"][0]["parameter"] == "run_id"


def test_deliveries_are_paged_and_leave_out_mails_and_others_webhooks(
    call: Any, user: Any, stranger: Any, make_run: Callable[..., Run]
) -> None:
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


def test_the_read_scope_cannot_create_webhooks(caller: Any, user: Any) -> None:
    assert caller(user, "read")("POST", "/webhooks", {"webhook_url": HOOK}).status_code == 403


def test_a_webhook_address_accepts_its_former_field_names(call: Any, user: Any) -> None:
    for name in ("NewRun", "Run", "NewWebhook", "Webhook", "Delivery"):
        properties = COMPONENTS[name]["properties"]
        assert "webhook_url" in properties, name
        assert properties.keys().isdisjoint({"webhook", "address"}), name
    assert call("POST", "/runs", BODY | {"webhook": HOOK}).json()["webhook_url"]
    assert call("POST", "/webhooks", {"address": HOOK}).json()["webhook_url"]
