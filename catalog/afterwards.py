"""What follows a sync, outside its time: what is read out of the documents that it brought, and what is old.

Each step does one batch in short transactions and says how much that was; nothing is left when it
says 0. What was not done before a stop is done after the next sync.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import sync_to_async
from django.db import connections

from catalog import changes
from catalog.asking import capabilities

PAUSE_S = 0.02  # between batches, for those who wait for the same process

STEPS: tuple[Callable[[], int], ...] = (
    capabilities.read,
    capabilities.share,
    changes.compare,
    changes.prune,
)


def settle() -> None:
    """All of it, now."""
    for step in STEPS:
        while step():
            pass


async def settle_gently() -> None:
    """All of it, batch by batch, in a thread and on a connection of its own."""
    with ThreadPoolExecutor(1, "afterwards") as thread:
        try:
            for step in STEPS:
                batch = sync_to_async(step, thread_sensitive=False, executor=thread)
                while True:
                    if not await batch():
                        break
                    await asyncio.sleep(PAUSE_S)
        finally:
            thread.submit(connections.close_all)
