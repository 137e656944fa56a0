"""Wishes over the real catalogue: conditions met, conditions dropped, and the effect of prices."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bench.catalogue import filling
from catalog.models import Endpoint
from catalog.search.engine import Answer, search
from catalog.search.query import Query

pytestmark = pytest.mark.django_db
WISH = "which model makes a ten-second film with sound from one picture under a dollar"


@pytest.fixture
def priced() -> dict[str, Endpoint]:
    """The real catalogue, whose entries name no prices, and what of it meets all but the price."""
    filling.fill(filling.real())
    answer = search(Query(q="duration:>=10 can:sound in:image out:video"))
    assert answer.endpoints
    return {endpoint.endpoint_id: endpoint for endpoint in answer.endpoints}


def give_price(endpoint: Endpoint, dollars_a_second: str) -> None:
    Endpoint.objects.filter(pk=endpoint.pk).update(
        unit_price_usd=Decimal(dollars_a_second), price_unit="seconds", currency="USD"
    )


def ids(answer: Answer) -> set[str]:
    return {endpoint.endpoint_id for endpoint in answer.endpoints}


def test_an_unknown_price_condition_is_dropped_and_shown(priced: dict[str, Endpoint]) -> None:
    answer = search(Query(q=WISH))
    assert ids(answer) == set(priced)
    assert answer.left_out == ("Under $1.00",)


def test_prices_are_for_the_requested_length(priced: dict[str, Endpoint]) -> None:
    first = next(iter(priced.values()))
    give_price(first, "0.09")
    answer = search(Query(q=WISH))
    assert ids(answer) == {first.endpoint_id}
    assert answer.left_out == ()
    give_price(first, "0.11")
    assert "Under $1.00" in search(Query(q=WISH)).left_out
