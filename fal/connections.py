"""Connections in small sets: what httpx does for each request grows with the square of one pool.

Two thousand open status streams in one pool cost more than everything else that is done for
their runs; in sets of a few each they cost next to nothing. Whoever finds no room waits
here, in the order of coming, and not in the pool.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import httpx

SET_SIZE = 16
WARM = 8  # idle connections of a set
# A new connection costs two round trips and more: idle ones are kept nearly the minute that most
# servers allow. What may be asked again survives one that upstream has just closed.
KEPT_S = 55.0
# A submit must not meet a closing one, which could leave open whether it was taken: half of what any gateway
# allows. Who looks at a result and runs again still finds it warm. (One that upstream has closed is told and left.)
KEPT_FOR_SUBMITS_S = 30.0


class _Set:
    """One client with its pool, and how many requests it is busy with."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.under_way = 0


class Connections:
    """Lends clients that `make` makes: `at_once` requests at most, few in each.

    The first set with room is taken, so that as few connections as need be are kept warm,
    for `kept_s` seconds without use.
    """

    def __init__(
        self,
        make: Callable[[httpx.Limits], httpx.AsyncClient],
        at_once: int,
        kept_s: float = KEPT_S,
    ) -> None:
        self._make = make
        self._limits = httpx.Limits(
            max_connections=None, max_keepalive_connections=WARM, keepalive_expiry=kept_s
        )
        self._room = asyncio.Semaphore(at_once)
        self._sets = [_Set(make(self._limits))]

    @asynccontextmanager
    async def one(self) -> AsyncGenerator[httpx.AsyncClient]:
        """A client for one request, until its answer is read."""
        async with self._room:
            mine = next((each for each in self._sets if each.under_way < SET_SIZE), None)
            if mine is None:
                mine = _Set(self._make(self._limits))
                self._sets.append(mine)
            mine.under_way += 1
            try:
                yield mine.client
            finally:
                mine.under_way -= 1
                await self._close_surplus()

    async def _close_surplus(self) -> None:
        """Close sets that nobody uses but two: the last ones are used least."""
        empty = [each for each in self._sets if not each.under_way]
        for each in empty[2:]:
            self._sets.remove(each)
            await each.client.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        while self._sets:
            await self._sets.pop().client.aclose()
