"""Many small httpx connection pools: the work httpx does per request grows with its pool's size.

Two thousand open status streams in one pool cost more CPU than everything else done for their
runs; in pools of POOL_SIZE they cost almost nothing. Requests above the limit wait here, first
come, first served, not inside httpx.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import httpx

from fal.addresses import SECOND_HOSTS

POOL_SIZE = 16
MAX_IDLE = 8  # idle connections per pool
# A new connection costs at least two round trips, so idle ones are kept for almost the minute that
# most servers allow. A repeatable request survives a connection that the server has just closed.
KEEPALIVE_S = 55.0
# A submit must not use a connection that the server is closing: it would be unknown whether fal
# accepted it. Half of what any gateway allows is safe, and long enough that running again after
# looking at a result reuses the connection. (httpx drops connections that are already closed.)
SUBMIT_KEEPALIVE_S = 30.0


class _Pool:
    """One httpx client with its pool, and the number of requests using it."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.in_use = 0


class Connections:
    """Lends httpx clients created by `make` to at most `max_requests` requests at a time.

    Takes the first pool with room, so that as few connections as possible stay open. Idle
    connections close after `keepalive_s` seconds.
    """

    def __init__(
        self,
        make: Callable[[httpx.Limits], httpx.AsyncClient],
        max_requests: int,
        keepalive_s: float = KEEPALIVE_S,
    ) -> None:
        self._make = make
        self._limits = httpx.Limits(
            max_connections=None, max_keepalive_connections=MAX_IDLE, keepalive_expiry=keepalive_s
        )
        self._slots = asyncio.Semaphore(max_requests)
        self._pools = [_Pool(make(self._limits))]

    @asynccontextmanager
    async def lease(self) -> AsyncGenerator[httpx.AsyncClient]:
        """A client for one request, until its response has been read."""
        async with self._slots:
            pool = next((entry for entry in self._pools if entry.in_use < POOL_SIZE), None)
            if pool is None:
                pool = _Pool(self._make(self._limits))
                self._pools.append(pool)
            pool.in_use += 1
            try:
                yield pool.client
            finally:
                pool.in_use -= 1
                await self._close_surplus()

    async def _close_surplus(self) -> None:
        """Close all unused pools but the first two; the last pools are used least."""
        empty = [candidate for candidate in self._pools if not candidate.in_use]
        for surplus in empty[2:]:
            self._pools.remove(surplus)
            await surplus.client.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        while self._pools:
            await self._pools.pop().client.aclose()


async def send_or_fall_back(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    """Send a request, to its host's second address if no connection to the first can be made.

    A request goes to the second address once, and only if no connection to the first was made: a
    request whose answer was lost may have arrived (protocol, section 21). If both fail to connect,
    raise httpx's error for the first.
    """
    try:
        return await client.send(request, stream=True)
    except (httpx.ConnectError, httpx.ConnectTimeout) as first:
        second = _at_second(request)
        if second is None:
            raise
        try:
            return await client.send(second, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise first from None


def _at_second(request: httpx.Request) -> httpx.Request | None:
    """Return the same request to the host's second address; None if it has none."""
    url = request.url
    host = SECOND_HOSTS.get(url.host)
    if host is None or url.scheme != "https" or url.port is not None:
        return None
    headers = httpx.Headers(request.headers)
    headers["Host"] = host
    return httpx.Request(
        request.method,
        url.copy_with(host=host),
        headers=headers,
        stream=request.stream,
        extensions=request.extensions,
    )
