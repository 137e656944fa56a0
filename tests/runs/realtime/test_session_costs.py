"""The cost of a live session: each result costs what its own input does, in any order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
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


async def send(live: LiveSession, side: int) -> None:
    arguments = {"prompt": "x", "image_size": {"width": side, "height": side}}
    await live.reserve(arguments)
    live.note_sent(arguments)


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


def test_a_result_costs_what_its_own_input_costs(paint: Paint) -> None:
    async def act(live: LiveSession) -> None:
        for _ in range(5):
            await send(live, LARGE)
            await send(live, SMALL)
            live.add_result({})
            live.add_result({})
        await send(live, LARGE)  # this input gets no result

    Budget.objects.create(scope="house", limit=7)
    assert paint(act).amount == Decimal("5.05")


def test_results_beyond_one_for_each_input_cost_as_the_dearest(paint: Paint) -> None:
    async def act(live: LiveSession) -> None:
        await send(live, LARGE)
        await send(live, SMALL)
        for _ in range(3):
            live.add_result({})
        await live.reserve_for_results()

    assert paint(act).amount == Decimal("2.01")


def test_an_input_that_failed_is_none_of_a_result(paint: Paint) -> None:
    async def act(live: LiveSession) -> None:
        await send(live, SMALL)
        await send(live, LARGE)
        live.record_failure(fal.RunFailed("no hands"))
        live.add_result({})

    assert paint(act).amount == 1


def test_of_inputs_that_upstream_dropped_the_dearest_counts(paint: Paint) -> None:
    async def act(live: LiveSession) -> None:
        # the model works on one input, and one of the others waits
        for side in (SMALL, LARGE, SMALL, SMALL):
            await send(live, side)
        live.add_result({})
        live.add_result({})

    assert paint(act, max_waiting=1).amount == Decimal("1.01")


def test_results_that_come_while_an_input_is_reserved_for_are_counted(paint: Paint) -> None:
    async def act(live: LiveSession) -> None:
        await send(live, LARGE)
        reserving = asyncio.create_task(send(live, LARGE))
        await asyncio.sleep(0)  # the task now waits for the database
        live.add_result({})
        await reserving
        live.add_result({})

    assert paint(act).amount == 2
