"""The sandbox's billing events: who may read them, filters, pages, scripted tariffs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.sandbox.server import ADMIN_KEY, RunningSandbox

MODEL = "sandbox/ridgeline"


@pytest.fixture
def admin(sandbox: RunningSandbox) -> Iterator[httpx.Client]:
    """A client with the admin key."""
    headers = {"Authorization": f"Key {ADMIN_KEY}"}
    with httpx.Client(base_url=sandbox.addresses["api"], headers=headers) as client:
        yield client


class Bills:
    """Runs models, scripts tariffs and lists events."""

    def __init__(self, sandbox: RunningSandbox, http: httpx.Client, admin: httpx.Client) -> None:
        self.sandbox, self.http, self.admin = sandbox, http, admin

    def script(self, **what: Any) -> dict[str, Any]:
        answer = self.http.post(f"{self.sandbox.base}/_sandbox/bills", json=what)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told

    def run(self, model: str = MODEL, **arguments: Any) -> httpx.Response:
        url = f"{self.sandbox.addresses['run']}/{model}"
        return self.http.post(url, json={"prompt": "a ridge", **arguments})

    def events(self, **params: Any) -> list[dict[str, Any]]:
        answer = self.admin.get("/models/billing-events", params=params).raise_for_status()
        listed: list[dict[str, Any]] = answer.json()["billing_events"]
        return listed


@pytest.fixture
def bills(sandbox: RunningSandbox, http: httpx.Client, admin: httpx.Client) -> Bills:
    return Bills(sandbox, http, admin)


@pytest.mark.parametrize("path", ["/models/billing-events", "/account/billing"])
def test_only_the_admin_key_reads_bills(
    sandbox: RunningSandbox, http: httpx.Client, admin: httpx.Client, path: str
) -> None:
    url = sandbox.addresses["api"] + path
    refused = http.get(url)
    assert refused.status_code == 403
    assert refused.json()["error"]["type"] == "authorization_error"
    assert httpx.get(url).status_code == 401
    assert admin.get(path).status_code == 200
    assert admin.post(f"{sandbox.addresses['run']}/{MODEL}", json={}).status_code == 401


def test_a_run_has_an_event_with_what_its_header_says(bills: Bills) -> None:
    answer = bills.run()
    (event,) = bills.events()
    assert event["request_id"] == answer.headers["x-fal-request-id"]
    assert (event["output_units"], event["unit_price"]) == (1.0, 0.012)
    assert (event["cost_total"], event["cost_estimate_nano_usd"]) == (0.012, 12_000_000)
    assert event["percent_discount"] is None


def test_the_third_run_is_billed_a_hundred_times(bills: Bills) -> None:
    bills.script(endpoint_id=MODEL, factor=100, nth=3)
    units = [bills.run(seed=seed).headers["X-Fal-Billable-Units"] for seed in range(4)]
    assert units == ["1"] * 2 + ["100", "1"]
    assert [event["cost_total"] for event in bills.events()] == [0.012] * 2 + [1.2, 0.012]


def test_pages_filters_and_bad_parameters(bills: Bills) -> None:
    first, second = bills.run(), bills.run("sandbox/aurora/lite")
    page = bills.admin.get("/models/billing-events", params={"limit": 1}).json()
    assert page["has_more"]
    assert bills.events(limit=1, cursor=page["next_cursor"]) == bills.events()[1:]
    ids = ",".join(answer.headers["x-fal-request-id"] for answer in (first, second))
    assert len(bills.events(request_id=ids)) == 2
    assert [event["endpoint_id"] for event in bills.events(endpoint_id=MODEL)] == [MODEL]
    assert bills.events(end="2020-01-01T00:00:00Z") == []
    for wrong in (
        {"limit": 101},
        {"start": "2020-01-01T00:00:00Z"},
        {"start": "yesterday"},
        {"request_id": [str(number) for number in range(51)]},
    ):
        assert bills.admin.get("/models/billing-events", params=wrong).status_code == 400


def test_the_balance_shrinks_by_what_is_billed(bills: Bills) -> None:
    bills.script(balance="1.5")
    bills.run()
    assert bills.admin.get("/account/billing").json() == {"username": "sandbox"}
    answer = bills.admin.get("/account/billing", params={"expand": "credits"}).json()
    assert answer["credits"] == {"current_balance": 1.488, "currency": "USD"}


def test_late_events_and_events_of_others(bills: Bills) -> None:
    bills.script(endpoint_id=MODEL, is_late=True, copies=2)
    bills.run()
    assert bills.events() == []
    bills.script(release=True)
    assert len(bills.events()) == 2
    at = bills.events()[0]["timestamp"]
    bills.script(event={"request_id": "other", "timestamp": at, "cost_total": None})
    assert bills.events(request_id="other")[0]["cost_total"] is None
