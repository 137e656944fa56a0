"""Lets other tasks of the event loop run between the events of streams that never pause."""

from __future__ import annotations

import asyncio


class TurnTaking:
    """The queue of such streams: they continue one at a time, each after all other tasks."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def wait(self) -> None:
        """Let all other tasks run first."""
        async with self._turn:
            await asyncio.sleep(0)
