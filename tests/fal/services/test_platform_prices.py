"""What runs cost, as fal tells it: exact, in few calls, unreadable entries left out."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

import fal
from tests.fal.conftest import Connect
from tests.fal.upstream import Upstream, asked

pytestmark = pytest.mark.anyio


def price(endpoint_id: str, amount: float | None = 0.04) -> dict[str, Any]:
    return {"endpoint_id": endpoint_id, "unit_price": amount, "unit": "image", "currency": "USD"}


async def test_prices_are_fetched_fifty_a_call_as_exact_decimals(connect: Connect) -> None:
    def priced(request: httpx.Request) -> httpx.Response:
        wanted = request.url.params.get_list("endpoint_id")
        prices = [price(i) for i in wanted]
        return httpx.Response(200, json={"prices": prices, "has_more": False, "next_cursor": None})

    upstream = Upstream(priced)
    clients = await connect(upstream)
    prices = await clients.platform.pricing([f"a/{n}" for n in range(120)])
    assert len(prices) == 120
    assert prices[0] == fal.Price("a/0", Decimal("0.04"), "image", "USD")
    assert [len(query["endpoint_id"]) for query in asked(upstream)] == [50, 50, 20]


async def test_prices_are_paged_and_unreadable_ones_left_out(connect: Connect) -> None:
    first = {"prices": [price("a/1"), price("a/2", None), 7], "has_more": True, "next_cursor": "x"}
    second = {"prices": [price("a/3")], "has_more": True, "next_cursor": "x"}
    upstream = Upstream(httpx.Response(200, json=first), httpx.Response(200, json=second))
    clients = await connect(upstream)
    prices = await clients.platform.pricing(["a/1", "a/2", "a/3"])
    assert [row.endpoint_id for row in prices] == ["a/1", "a/3"]
    assert len(upstream.requests) == 2


async def test_one_endpoint_without_a_price_does_not_affect_others(connect: Connect) -> None:
    def knows_all_but_33(request: httpx.Request) -> httpx.Response:
        wanted = request.url.params.get_list("endpoint_id")
        if "a/33" in wanted:
            return httpx.Response(404, json={"error": {"type": "not_found", "message": "a/33"}})
        return httpx.Response(200, json={"prices": [price(i) for i in wanted], "has_more": False})

    upstream = Upstream(knows_all_but_33)
    clients = await connect(upstream)
    prices = await clients.platform.pricing([f"a/{n}" for n in range(50)])
    assert len(prices) == 49
    assert len(upstream.requests) < 20


@pytest.mark.parametrize(
    ("basis", "sent"),
    [
        (
            {"calls": {"a/b": 3}},
            {"estimate_type": "historical_api_price", "endpoints": {"a/b": {"call_quantity": 3}}},
        ),
        (
            {"units": {"a/b": Decimal("0.5")}},
            {"estimate_type": "unit_price", "endpoints": {"a/b": {"unit_quantity": 0.5}}},
        ),
    ],
)
async def test_an_estimate_counts_calls_or_units(
    connect: Connect, basis: dict[str, Any], sent: dict[str, Any]
) -> None:
    body = {"estimate_type": sent["estimate_type"], "total_cost": 1.1, "currency": "USD"}
    upstream = Upstream(httpx.Response(200, json=body))
    clients = await connect(upstream)
    estimate = await clients.platform.estimate(**basis)
    assert estimate == fal.Estimate(sent["estimate_type"], Decimal("1.1"), "USD")
    assert json.loads(upstream.requests[0].content) == sent


@pytest.mark.parametrize("basis", [{}, {"calls": {}, "units": {}}])
async def test_an_estimate_needs_exactly_one_basis(connect: Connect, basis: dict[str, Any]) -> None:
    clients = await connect(Upstream())
    with pytest.raises(ValueError, match="exactly one"):
        await clients.platform.estimate(**basis)
