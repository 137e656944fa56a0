"""Connections in sets of a few: none crowded, none more than allowed, few kept warm."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import httpx
import pytest

from fal.connections import SET_SIZE, Connections

pytestmark = pytest.mark.anyio


class Factory:
    """Makes clients and remembers them."""

    def __init__(self) -> None:
        self.made: list[httpx.AsyncClient] = []

    def __call__(self, limits: httpx.Limits) -> httpx.AsyncClient:
        self.made.append(httpx.AsyncClient(limits=limits, verify=False))
        return self.made[-1]

    @property
    def still_open(self) -> list[httpx.AsyncClient]:
        return [each for each in self.made if not each.is_closed]


async def test_thousands_at_once_are_spread_over_small_sets() -> None:
    factory = Factory()
    connections = Connections(factory, 6000)
    async with AsyncExitStack() as stack:
        lent = [await stack.enter_async_context(connections.one()) for _ in range(2000)]
        assert max(lent.count(each) for each in factory.made) == SET_SIZE
        assert len(factory.made) == 2000 // SET_SIZE
    assert len(factory.still_open) == 2
    await connections.aclose()
    assert not factory.still_open


async def test_one_after_the_other_use_the_same_warm_connection() -> None:
    factory = Factory()
    connections = Connections(factory, 100)
    for _ in range(100):
        async with connections.one():
            pass
    assert len(factory.made) == 1
    await connections.aclose()


async def test_no_more_are_lent_than_allowed_and_whoever_fails_gives_back() -> None:
    connections = Connections(Factory(), 20)
    busy = most = 0

    async def ask(number: int) -> None:
        nonlocal busy, most
        async with connections.one():
            busy += 1
            most = max(most, busy)
            await asyncio.sleep(0)
            busy -= 1
            if number % 3 == 0:
                raise ValueError(number)

    came = await asyncio.gather(*map(ask, range(300)), return_exceptions=True)
    assert sum(isinstance(each, ValueError) for each in came) == 100
    assert (busy, most) == (0, 20)
    await connections.aclose()
