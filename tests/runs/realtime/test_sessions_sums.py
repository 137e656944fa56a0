"""A live session stays within the budgets, picture by picture."""

from decimal import Decimal
from typing import Any

import pytest
from websockets.asyncio.client import connect

from catalog.models import Endpoint
from features.spending.models import Budget, SpendingRules
from runs.models import Charge, Run
from runs.realtime import tickets
from tests.features.spending.sums import require_sums_hold
from tests.runs.realtime.test_relay import (  # noqa: F401  a fixture
    LIVE,
    PERSON,
    answer,
    relayed,
    serving,
)

pytestmark = [pytest.mark.any_database, pytest.mark.system]  # these tests take long


def price(amount: str | None) -> None:
    """Set the model's price per picture."""
    Endpoint.objects.filter(endpoint_id=LIVE).update(
        unit_price_usd=amount, price_unit="images", currency="USD"
    )


def paint(most: int, said: str = "") -> Any:
    """Change the page up to `most` times; return the number of pictures and the last message."""

    async def act(address: str) -> tuple[int, dict[str, Any]]:
        async with connect(address + tickets.sign(PERSON, LIVE, confirmation=said)) as socket:
            for number in range(most):
                message, picture = await answer(socket, prompt=str(number))
                if not picture:
                    return number, message
        return most, message

    return act


def test_a_session_ends_with_a_sentence_where_a_budget_has_no_room(
    relayed,  # noqa: F811
):
    price("0.1")
    Budget.objects.create(scope="house", limit=Decimal("0.35"))
    pictures, last = relayed(paint(40))
    assert pictures == 3
    assert last["type"] == "end"
    assert "and $0.05 is left until" in last["message"]
    assert Run.objects.get().state == "succeeded"
    assert Charge.objects.get().amount == Decimal("0.3")
    require_sums_hold()
    _, last = relayed(paint(1))
    assert "$0.05 is left" in last["message"]
    assert Run.objects.count() == 1


def test_an_unknown_price_is_agreed_to_before(
    relayed,  # noqa: F811
):
    price(None)
    Budget.objects.create(scope="house", limit=5)
    pictures, last = relayed(paint(1))
    assert pictures == 0
    assert "how much it costs. Until it is known, it counts as $5.00." in last["message"]
    assert not Run.objects.exists()
    assert relayed(paint(2, said="unknown"))[0] == 2
    charge = Charge.objects.get()
    assert (charge.state, charge.amount) == ("reserved", 5)  # without a bill, the reservation stays


def test_each_result_of_unknown_cost_counts_with_what_is_assumed(
    relayed,  # noqa: F811
):
    price(None)
    SpendingRules.objects.create(pk=1, unknown="assume", assumed=Decimal("0.5"))
    Budget.objects.create(scope="house", limit=Decimal("1.2"))
    assert relayed(paint(9))[0] == 2
    assert Charge.objects.get().amount == 1
