"""Jobs that run after a sync: extract facts, tell names apart, diff schemas, prune old changes.

Each step processes one batch in short transactions and returns its size, 0 when nothing is left.
What a stop leaves undone is done after the next sync.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import sync_to_async
from django.db import connections

from catalog.changelog import recorder
from catalog.sync import stored_facts, stored_names

PAUSE_S = 0.02  # between batches, so that other work of this process is not delayed

STEPS: tuple[Callable[[], int], ...] = (
    stored_facts.extract_facts,
    stored_facts.copy_to_endpoints,
    stored_names.tell_apart,
    recorder.compare_pending,
    recorder.prune,
)


def run() -> None:
    """Run all steps to completion."""
    for step in STEPS:
        while step():
            pass


async def run_in_background() -> None:
    """Run all steps, one batch at a time, in a separate thread with its own connection."""
    with ThreadPoolExecutor(1, "post_sync") as thread:
        try:
            for step in STEPS:
                batch = sync_to_async(step, thread_sensitive=False, executor=thread)
                while True:
                    if not await batch():
                        break
                    await asyncio.sleep(PAUSE_S)
        finally:
            thread.submit(connections.close_all)
