"""The measured price list by the API."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from api.contract.components import validator
from spending.models import MeasuredPrice

pytestmark = pytest.mark.django_db
GROUP = {
    "arguments": {"resolution": "4K"}, "count": 3, "median": "0.16", "low": "0.15",
    "high": "0.17", "said": "0.05",
}  # fmt: skip


@pytest.fixture
def prices(make_endpoint: Any) -> list[str]:
    """Seven measured models, the first with the largest difference; the last has too few runs."""
    for number in range(7):
        endpoint = make_endpoint(
            f"acme/paint-{number}", unit_price_usd=Decimal("0.05"), price_unit="images"
        )
        MeasuredPrice.objects.create(
            endpoint=endpoint,
            unit="images",
            count=4 if number == 6 else 12,
            median=Decimal("0.08") - Decimal("0.005") * number,
            low=Decimal("0.05"),
            high=Decimal("0.08"),
            said=Decimal("0.05"),
            spread=Decimal("0.0125"),
            groups=[GROUP] if number == 0 else [],
            difference=Decimal("0.6") - Decimal("0.1") * number,
            is_used=number < 3,
        )
    return [f"acme/paint-{number}" for number in range(6)]


def ids(page: Any) -> list[str]:
    return [row["endpoint_id"] for row in page["items"]]


def test_the_list_has_what_the_page_shows(call: Any, prices: list[str]) -> None:
    page = call("GET", "/prices").json()
    validator("MeasuredPricePage").validate(page)
    assert ids(page) == prices
    first = page["items"][0]
    assert first["groups"] == [
        {
            "arguments": {"resolution": "4K"}, "runs": 3, "median": "0.16", "low": "0.15",
            "high": "0.17", "said": "0.05",
        }
    ]  # fmt: skip
    assert (first["median"], first["spread"], first["unit"]) == ("0.08", "0.0125", "image")


def test_its_pages_follow_without_gap(call: Any, prices: list[str]) -> None:
    seen, address = [], "/prices?limit=4"
    while address:
        page = call("GET", address).json()
        seen += ids(page)
        more = page["next_cursor"]
        address = f"/prices?limit=4&cursor={more}" if more else ""
    assert seen == prices


def test_words_and_differences_choose(call: Any, prices: list[str]) -> None:
    assert ids(call("GET", "/prices?q=paint-3").json()) == ["acme/paint-3"]
    assert ids(call("GET", "/prices?differs=true").json()) == prices[:3]
    assert ids(call("GET", "/prices?sort=price").json()) == prices[::-1]
    assert call("GET", "/prices?sort=nonsense").status_code == 422
    assert call("GET", "/prices?cursor=nonsense").status_code == 422


def test_the_list_takes_few_queries(call: Any, prices: Any, django_assert_num_queries: Any) -> None:
    call("GET", "/prices")
    with django_assert_num_queries(2):  # token, prices
        call("GET", "/prices")
