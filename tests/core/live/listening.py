"""A broker that receives this database's changes, as the web process's broker does."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from core.live.broker import Broker
from core.notify import channel

PATIENCE_S = 60.0


@asynccontextmanager
async def listening() -> AsyncIterator[Broker]:
    async with channel.listen() as signal:
        yield Broker(signal)


async def waiting(broker: Broker, count: int = 1) -> None:
    """Wait until the broker holds this many polls."""
    await until(lambda: broker.waiting == count)


async def until(is_so: Callable[[], object]) -> None:
    """Wait for a condition that has no event."""
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
