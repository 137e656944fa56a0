"""`python -m bench.runs.connections`: client CPU with one httpx pool and with many small ones.

Compares one `httpx.AsyncClient`, with httpx's own limits and without a limit, with the small pools
of `fal/http/connections.py`, on a sandbox, in interleaved rounds. Prints the median milliseconds of
client CPU per request; CPU, because the sandbox runs on the same machine. ADR 41 has the figures.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from statistics import median

import httpx

from bench.figures import table
from bench.runs.targets import MODEL
from bench.stage.stage import KEY, Stage
from fal.http.connections import KEEPALIVE_S, Connections

ROUNDS = 7
REQUESTS = (20, 200)  # at once, three times per round: the last two on warm connections
OPENED = 100  # streams opened and closed again beside the open ones
STREAMS = (40, 200, 2000)
TIMEOUT = httpx.Timeout(60, pool=None)

Borrow = Callable[[], AbstractAsyncContextManager[httpx.AsyncClient]]


@asynccontextmanager
async def one_pool(most: int | None, idle: int | None) -> AsyncIterator[Borrow]:
    """Use one client for every request, with at most `most` connections and `idle` idle ones."""
    limits = httpx.Limits(
        max_connections=most, max_keepalive_connections=idle, keepalive_expiry=KEEPALIVE_S
    )
    async with _client(limits) as client:

        @asynccontextmanager
        async def borrow() -> AsyncIterator[httpx.AsyncClient]:
            yield client

        yield borrow


@asynccontextmanager
async def small_sets() -> AsyncIterator[Borrow]:
    """Use the connections of the product."""
    connections = Connections(_client, 6000)
    try:
        yield connections.lease
    finally:
        await connections.aclose()


def _client(limits: httpx.Limits) -> httpx.AsyncClient:
    headers = {"Authorization": f"Key {KEY}"}
    return httpx.AsyncClient(limits=limits, headers=headers, timeout=TIMEOUT, verify=False)


async def request(borrow: Borrow, url: str) -> None:
    """Send one short request."""
    async with borrow() as client:
        (await client.get(url)).raise_for_status()


@asynccontextmanager
async def stream(borrow: Borrow, url: str) -> AsyncIterator[None]:
    """Open a status stream; yields after its first event."""
    async with borrow() as client, client.stream("GET", url) as response:
        response.raise_for_status()
        await anext(response.aiter_bytes())
        yield


async def measure_requests(borrow: Borrow, url: str, count: int) -> float:
    """Return the CPU milliseconds per request for `count` concurrent ones on warm connections."""
    await asyncio.gather(*(request(borrow, url) for _ in range(count)))
    start = time.process_time()
    for _ in range(2):
        await asyncio.gather(*(request(borrow, url) for _ in range(count)))
    return (time.process_time() - start) * 1000 / (2 * count)


async def measure_streams(borrow: Borrow, url: str, count: int) -> float:
    """Return the CPU milliseconds to open and close a stream while `count` others are open."""
    async with AsyncExitStack() as stack:
        for first in range(0, count, 50):
            opened = (
                stack.enter_async_context(stream(borrow, url))
                for _ in range(min(50, count - first))
            )
            for each in opened:
                await each
        start = time.process_time()
        for _ in range(OPENED):
            async with stream(borrow, url):
                pass
        return (time.process_time() - start) * 1000 / OPENED


async def measure(stage: Stage) -> dict[tuple[str, str], list[float]]:
    """Return milliseconds by operation and pool, one figure per round."""
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    submit = f"{stage.sandbox}/queue/{MODEL}"
    arguments = {"prompt": "patience", "duration": 3000, "log_lines": 1}
    status = f"{stage.upstream.post(submit, json=arguments).json()['status_url']}/stream"
    meta = f"{stage.sandbox}/api/v1/meta"
    tasks: dict[str, Callable[[Borrow], Awaitable[float]]] = {
        **{f"{n} requests at once": partial(measure_requests, url=meta, count=n) for n in REQUESTS},
        **{f"a stream beside {n}": partial(measure_streams, url=status, count=n) for n in STREAMS},
    }
    for number in range(ROUNDS):
        for name, task in tasks.items():
            for pool in POOLS if number % 2 else reversed(POOLS):
                if pool == DEFAULTS and name not in {f"{n} requests at once" for n in REQUESTS}:
                    continue  # its limit of 100 connections is below the number of streams
                async with POOLS[pool]() as borrow:
                    times[name, pool].append(await task(borrow))
    return times


DEFAULTS = "httpx, its limits"
POOLS: dict[str, Callable[[], AbstractAsyncContextManager[Borrow]]] = {
    DEFAULTS: partial(one_pool, 100, 20),
    "httpx, no limit": partial(one_pool, None, None),
    "small sets": small_sets,
}


def main() -> int:
    """Measure and print; return the exit code."""
    with Stage(is_calm=False) as stage:
        times = asyncio.run(measure(stage))
    rows = [
        [name, *(_cell(times[name, pool]) for pool in POOLS)]
        for name in dict.fromkeys(name for name, _ in times)
    ]
    print(table(["ms of CPU each, median (least)", *POOLS], rows))
    return 0


def _cell(values: list[float]) -> str:
    return f"{median(values):.2f} ({min(values):.2f})" if values else ""


if __name__ == "__main__":
    sys.exit(main())
