"""A broker that hears of this database's changes, as that of the web process does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.live.broker import Broker
from core.notify import channel

PATIENCE_S = 60.0


@asynccontextmanager
async def listening() -> AsyncIterator[Broker]:
    async with channel.listen() as signal:
        yield Broker(signal)


async def waiting(broker: Broker, count: int = 1) -> None:
    """Wait until the broker holds so many."""
    async with asyncio.timeout(PATIENCE_S):
        while broker.waiting != count:  # noqa: ASYNC110  it has no event for it
            await asyncio.sleep(0.005)
