"""Pools of a few connections: none is crowded, no limit exceeded, few are kept warm."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import httpx
import pytest

from fal.http.connections import POOL_SIZE, SUBMIT_KEEPALIVE_S, Connections

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


async def test_thousands_of_requests_are_spread_over_small_pools() -> None:
    factory = Factory()
    connections = Connections(factory, 6000)
    async with AsyncExitStack() as stack:
        lent = [await stack.enter_async_context(connections.lease()) for _ in range(2000)]
        assert max(lent.count(each) for each in factory.made) == POOL_SIZE
        assert len(factory.made) == 2000 // POOL_SIZE
    assert len(factory.still_open) == 2
    await connections.aclose()
    assert not factory.still_open


async def test_sequential_requests_reuse_one_connection() -> None:
    factory = Factory()
    connections = Connections(factory, 100)
    for _ in range(100):
        async with connections.lease():
            pass
    assert len(factory.made) == 1
    await connections.aclose()


async def test_leases_are_limited_and_returned_after_failures() -> None:
    connections = Connections(Factory(), 20)
    busy = most = 0

    async def ask(number: int) -> None:
        nonlocal busy, most
        async with connections.lease():
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


class Server:
    """Answers `ok` on connections that it counts, and may close idle ones."""

    def __init__(self) -> None:
        self.writers: list[asyncio.StreamWriter] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        while await reader.read(1 << 16):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        writer.close()

    async def close_idle(self) -> None:
        for writer in self.writers:
            writer.close()
            await writer.wait_closed()


async def test_a_warm_connection_is_reused_unless_it_was_closed() -> None:
    server = Server()
    listening = await asyncio.start_server(server, "127.0.0.1", 0)
    host, port = listening.sockets[0].getsockname()
    connections = Connections(Factory(), 100, SUBMIT_KEEPALIVE_S)

    async def submit() -> None:
        async with connections.lease() as client:
            answer = await client.post(f"http://{host}:{port}/", content=b"{}")
            assert answer.text == "ok"

    await submit()
    await submit()
    assert len(server.writers) == 1
    await server.close_idle()
    await submit()  # a submit lost here would be paid for and unconfirmed
    assert len(server.writers) == 2
    await connections.aclose()
    listening.close()
