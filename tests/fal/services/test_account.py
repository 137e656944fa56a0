"""Billing events and the balance: pages, exact sums, and the requests that carry the admin key."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

import fal
from tests.fal.conftest import KEY
from tests.fal.upstream import FakeQueue, Upstream

pytestmark = pytest.mark.anyio

ADMIN = "admin-id:admin-secret"
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
EVENT = {
    "request_id": "r1",
    "endpoint_id": "fal-ai/flux/dev",
    "timestamp": "2026-11-27T11:00:00Z",
    "output_units": 1.5,
    "unit_price": 0.1,
    "percent_discount": None,
    "cost_subtotal": 0.15,
    "cost_discount": 0.0,
    "cost_total": 0.15,
    "cost_estimate_nano_usd": 150000001,
}


def page_of_events(*events: Any, cursor: str | None = None) -> httpx.Response:
    body = {"billing_events": events, "next_cursor": cursor, "has_more": cursor is not None}
    return httpx.Response(200, content=json.dumps(body))


async def events_of(clients: fal.Clients, start: datetime) -> list[fal.BillingEvent]:
    pages = [each async for each in clients.account.billing_events(start, NOW)]
    return [event for each in pages for event in each.events]


async def test_pages_are_followed_with_the_same_span_and_an_opaque_cursor(connect):
    upstream = Upstream(
        page_of_events(EVENT, cursor="b3BhcXVl=="), page_of_events({**EVENT, "request_id": "r2"})
    )
    clients = await connect(upstream, admin_key=ADMIN)
    events = await events_of(clients, NOW - timedelta(days=1))
    assert [event.request_id for event in events] == ["r1", "r2"]
    spans = [dict(request.url.params) for request in upstream.requests]
    assert spans[1].pop("cursor") == "b3BhcXVl=="
    assert spans[0] == spans[1]
    assert (spans[0]["start"], spans[0]["limit"]) == ("2026-11-26T12:00:00+00:00", "1000")


async def test_a_repeated_cursor_ends_the_span(connect):
    upstream = Upstream(page_of_events(EVENT, cursor="same"))
    clients = await connect(upstream, admin_key=ADMIN)
    assert len(await events_of(clients, NOW - timedelta(days=1))) == 2


async def test_a_long_time_is_read_in_spans_of_ninety_days(connect):
    upstream = Upstream(page_of_events())
    clients = await connect(upstream, admin_key=ADMIN)
    await events_of(clients, NOW - timedelta(days=200))
    spans = [
        datetime.fromisoformat(request.url.params["end"])
        - datetime.fromisoformat(request.url.params["start"])
        for request in upstream.requests
    ]
    assert spans == [timedelta(days=90), timedelta(days=90), timedelta(days=20)]


async def test_the_admin_key_goes_to_the_platform_api_alone_and_the_other_key_not_there(connect):
    upstream = Upstream(page_of_events(EVENT))
    clients = await connect(upstream, admin_key=ADMIN)
    await events_of(clients, NOW - timedelta(days=1))
    (request,) = upstream.requests
    assert request.url.host == "api.fal.ai"
    assert request.headers["Authorization"] == f"Key {ADMIN}"
    wire = clients.account._wire
    hosts = fal.Addresses()
    for address in (hosts.queue, hosts.run, hosts.rest, "https://fal.media/x", "http://api.fal.ai"):
        assert wire.credentials(address) == {}
    queue = FakeQueue()
    others = await connect(queue, admin_key=ADMIN)
    await others.queue.submit("fal-ai/flux/dev", {})
    assert all(request.headers["Authorization"] == f"Key {KEY}" for request in queue.requests)
    assert ADMIN not in repr(others)
    assert ADMIN not in repr(vars(wire))


async def test_an_error_that_echoes_the_admin_key_does_not_show_it(connect):
    upstream = Upstream(httpx.Response(403, json={"error": {"message": f"no: {ADMIN}"}}))
    clients = await connect(upstream, admin_key=ADMIN)
    with pytest.raises(fal.AuthFailed) as raised:
        await clients.account.balance()
    assert ADMIN not in str(raised.value.as_json())


async def test_billing_that_is_down_is_told_to_no_circuit_breaker(connect):
    outcomes: list[Any] = []
    upstream = Upstream(httpx.Response(503))
    clients = await connect(
        upstream, admin_key=ADMIN, on_outcome=lambda url, error: outcomes.append(url)
    )
    with pytest.raises(fal.UpstreamFailed):
        await clients.account.balance()
    assert outcomes == []


@pytest.mark.parametrize(
    ("changes", "cost"),
    [
        ({}, "0.150000001"),  # the figure in whole nano-dollars has priority
        ({"cost_estimate_nano_usd": None}, "0.15"),
        ({"cost_estimate_nano_usd": None, "cost_total": None, "cost": 0.2}, "0.2"),
        ({"cost_estimate_nano_usd": -5}, "-5E-9"),
        ({"cost_estimate_nano_usd": True, "cost_total": "NaN"}, None),
        ({"cost_estimate_nano_usd": 10**30, "cost_total": None}, None),
    ],
)
async def test_sums_are_exact_and_odd_ones_are_none(connect, changes, cost):
    clients = await connect(Upstream(page_of_events({**EVENT, **changes})), admin_key=ADMIN)
    (event,) = await events_of(clients, NOW - timedelta(days=1))
    assert event.cost == (None if cost is None else Decimal(cost))
    assert (event.units, event.unit_price, event.discount) == (Decimal("1.5"), Decimal("0.1"), None)


async def test_no_digit_of_a_sum_passes_through_a_float(connect):
    body = (
        b'{"billing_events": [{"cost_total": 1}, 7, '
        b'{"request_id": "r", "cost_total": 0.1000000000000000055511151231257827}]}'
    )
    clients = await connect(Upstream(httpx.Response(200, content=body)), admin_key=ADMIN)
    pages = [each async for each in clients.account.billing_events(NOW - timedelta(days=1), NOW)]
    assert pages[0].events[0].cost == Decimal("0.1000000000000000055511151231257827")
    assert pages[0].unreadable == 2


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"billing_events": 3}', b"{", b"\xff"])
async def test_an_answer_without_events_is_an_error(connect, body):
    clients = await connect(Upstream(httpx.Response(200, content=body)), admin_key=ADMIN)
    with pytest.raises(fal.UpstreamFailed):
        await events_of(clients, NOW - timedelta(days=1))


@pytest.mark.parametrize(
    ("credits_", "amount"),
    [
        ({"current_balance": 14.2, "currency": "USD"}, "14.2"),
        ({"current_balance": 0}, "0"),
        ({"current_balance": None}, None),
        (None, None),
    ],
)
async def test_the_balance(connect, credits_, amount):
    answer = httpx.Response(200, json={"username": "ana", "credits": credits_})
    upstream = Upstream(answer)
    clients = await connect(upstream, admin_key=ADMIN)
    balance = await clients.account.balance()
    assert balance.amount == (None if amount is None else Decimal(amount))
    assert balance.currency == "USD"
    assert upstream.requests[0].url.params["expand"] == "credits"


def test_a_key_of_two_words_is_refused():
    with pytest.raises(ValueError, match="one word"):
        fal.Clients(fal.Addresses(), KEY, admin_key="two words")


REQUEST_ID = "764cabcf-b745-4b3e-ae38-1200304cf45b"


async def test_c77_deletion_of_payloads_says_which_files_still_exist(connect):
    results = [
        {"link": "https://v3.fal.media/files/a/cat.png", "exception": None},
        {"link": "https://v3.fal.media/files/a/dog.png", "exception": "not now"},
        {"link": "https://v3.fal.media/files/a/owl.png", "exception": {"code": 5}},
    ]
    upstream = Upstream(
        httpx.Response(503), httpx.Response(200, json={"cdn_delete_results": results})
    )
    clients = await connect(upstream, admin_key=ADMIN)
    deletion = await clients.account.delete_payloads(REQUEST_ID, idempotency_key="run-7")
    assert [(file.link[-7:], file.exception) for file in deletion.remaining] == [
        ("dog.png", "not now"),
        ("owl.png", "{'code': 5}"),
    ]
    assert (len(deletion.files), deletion.is_known) == (3, True)
    for request in upstream.requests:
        assert (request.method, request.headers["Idempotency-Key"]) == ("DELETE", "run-7")
        assert request.headers["Authorization"] == f"Key {ADMIN}"
        assert str(request.url) == f"https://api.fal.ai/v1/models/requests/{REQUEST_ID}/payloads"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(404, json={"error": {"type": "not_found", "message": "no"}}), None),
        (httpx.Response(404, html="<h1>nginx</h1>"), fal.RequestRejected),
        (httpx.Response(403, json={"error": {"type": "authorization_error"}}), fal.AuthFailed),
        (httpx.Response(200, json={}), fal.UpstreamFailed),
        (httpx.Response(500), fal.UpstreamFailed),
    ],
)
async def test_c77_of_an_unknown_request_nothing_is_left_and_anything_else_is_an_error(
    connect, answer, error
):
    clients = await connect(Upstream(answer), admin_key=ADMIN)
    deleting = clients.account.delete_payloads(REQUEST_ID, idempotency_key="run-7")
    if error is None:
        assert await deleting == fal.PayloadDeletion([], is_known=False)
    else:
        with pytest.raises(error):
            await deleting


@pytest.mark.parametrize(
    ("body", "seconds", "acl"),
    [
        ({"expiration_duration_seconds": 604800, "initial_acl": None}, 604800, None),
        ({"expiration_duration_seconds": None, "initial_acl": {"default": "hide"}}, None, "hide"),
        ({}, None, None),
    ],
)
async def test_the_storage_settings(connect, body, seconds, acl):
    clients = await connect(Upstream(httpx.Response(200, json=body)), admin_key=ADMIN)
    settings = await clients.account.storage_settings()
    assert settings.expiration_duration_seconds == seconds
    assert settings.initial_acl == (acl and {"default": acl})
