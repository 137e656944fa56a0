"""The cost of a live session: each result costs what its own input does, in any order."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connections

import fal
from catalog.models import Endpoint
from features.spending.models import Budget
from runs.models import Charge
from runs.realtime import tickets
from runs.realtime.sessions import LiveSession
from tests.features.spending.sums import require_sums_hold
from tests.runs.realtime.test_relay import LIVE, PERSON

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

LARGE, SMALL = 1000, 100  # pixels per side, which cost $1.00 and $0.01
Paint = Callable[..., Charge]


Step = Callable[[LiveSession], Coroutine[Any, Any, None]]


def sent(side: int) -> Step:
    """Send an input for a picture of this size."""

    async def step(live: LiveSession) -> None:
        arguments = {"prompt": "x", "image_size": {"width": side, "height": side}}
        await live.reserve(arguments)
        live.note_sent(arguments)

    return step


async def answered(live: LiveSession) -> None:
    live.add_result({})


async def failed(live: LiveSession) -> None:
    live.record_failure(fal.RunFailed("no hands"))


async def reserved_for_results(live: LiveSession) -> None:
    await live.reserve_for_results()


async def answered_while_sent(live: LiveSession) -> None:
    """A result comes while the database reserves for the next input."""
    reserving = asyncio.create_task(sent(LARGE)(live))
    await asyncio.sleep(0)  # the task now waits for the database
    await answered(live)
    await reserving


PAIR = [sent(LARGE), sent(SMALL), answered, answered]
STORIES: dict[str, tuple[list[Step], str]] = {
    "each its own input, and one without a result": ([*PAIR * 5, sent(LARGE)], "5.05"),
    "more results than inputs": ([*PAIR, answered, reserved_for_results], "2.01"),
    "an input that failed": ([sent(SMALL), sent(LARGE), failed, answered], "1"),
    "while an input is sent": ([sent(LARGE), answered_while_sent, answered], "2"),
    # The model works on one input, and one of the others waits: the dearest of these counts.
    "inputs that upstream dropped": (
        [*map(sent, (SMALL, LARGE, SMALL, SMALL)), answered, answered],
        "1.01",
    ),
}


@pytest.fixture
def paint(catalogue: None) -> Paint:
    """`paint(act, **begin)`: return the charge after a session in which `act(live)` runs."""
    User.objects.create_user("live", pk=PERSON)
    endpoint = Endpoint.objects.get(endpoint_id=LIVE)
    endpoint.unit_price_usd, endpoint.price_unit, endpoint.currency = (
        Decimal("0.000001"),
        "pixels",
        "USD",
    )

    async def session(act: Callable[[LiveSession], Awaitable[None]], more: Any) -> None:
        first = {"prompt": "x", "image_size": {"width": SMALL, "height": SMALL}}
        ticket = tickets.Ticket(PERSON, LIVE)
        live = await LiveSession.begin(ticket, endpoint, first, "live", **more)
        await act(live)
        await live.end()
        await sync_to_async(connections.close_all)()

    def run(act: Callable[[LiveSession], Awaitable[None]], **more: Any) -> Charge:
        asyncio.run(session(act, more))
        require_sums_hold()
        return Charge.objects.get()

    return run


@pytest.mark.parametrize("name", STORIES)
def test_each_result_costs_what_its_own_input_costs(paint, name):
    steps, amount = STORIES[name]

    async def act(live: LiveSession) -> None:
        for step in steps:
            await step(live)

    Budget.objects.create(scope="house", limit=7)
    more = {"max_waiting": 1} if "dropped" in name else {}
    assert paint(act, **more).amount == Decimal(amount)
