"""Streams that never pause take turns: what upstream says of other runs is heard in between."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing

from fal import Handle, LogLine, Phase, Queue, Status
from playground.follower import EVENTS_IN_A_ROW, statuses
from playground.pacing import Pace
from tests import clock

FLOODS = 9
TURNS = 20  # of the event loop, in which a short run is sent, followed and fetched
FLOOD = 100_000


class Flood(Queue):
    """A queue whose status streams never pause."""

    def __init__(self) -> None:
        self.told = 0

    async def events(self, handle: Handle, *, logs: bool = True) -> AsyncGenerator[Status]:
        """As many events as there are, without a wait between two."""
        for number in range(FLOOD):
            self.told += 1
            yield Status(Phase.IN_PROGRESS, logs=[LogLine(f"step {number}", "INFO", "", "")])
        yield Status(Phase.COMPLETED)


def test_streams_that_never_pause_leave_turns_to_everybody_else() -> None:
    queue, pace = Flood(), Pace()

    async def follow(number: int) -> None:
        handle = Handle.rebuilt("https://queue.test", "acme/flood", f"r{number}")
        async with aclosing(statuses(uuid.uuid4(), handle, queue, pace)) as told:
            async for status in told:
                if status.is_completed:
                    return

    async def main() -> int:
        floods = [asyncio.create_task(follow(number)) for number in range(FLOODS)]
        for _ in range(TURNS):
            await asyncio.sleep(0)
        told = queue.told
        for flood in floods:
            flood.cancel()
        await asyncio.gather(*floods, return_exceptions=True)
        return told

    assert 0 < clock.run(main()) <= EVENTS_IN_A_ROW * (FLOODS + TURNS)
