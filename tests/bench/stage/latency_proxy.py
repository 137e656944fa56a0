"""Simulates network latency to an upstream: every byte arrives later, at full bandwidth.

A proxy in front of a local server that delays each direction by half a round trip. A new connection
first takes a whole round trip, like a TCP handshake: bytes sent at once leave after it.

    python -m tests.bench.stage.latency_proxy PORT ROUND_TRIP_MS

PORT is the server's; the proxy prints its own address.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.bench.stage.children import HOST

CHUNK = 64 * 1024


@asynccontextmanager
async def latency_proxy(port: int, round_trip_s: float) -> AsyncIterator[str]:
    """Yield the address of a proxy in front of the server at `port`."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ready = asyncio.get_running_loop().time() + round_trip_s
        there, back = await asyncio.open_connection(HOST, port)
        await asyncio.gather(
            carry(reader, back, round_trip_s / 2, ready), carry(there, writer, round_trip_s / 2)
        )

    async with await asyncio.start_server(meet, HOST, backlog=1024) as server:
        yield f"http://{HOST}:{server.sockets[0].getsockname()[1]}"


async def carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_s: float, ready: float = 0
) -> None:
    """Copy the stream in order, each chunk `delay_s` later, and nothing before `ready`.

    Any number of chunks may be in flight, so the delay does not limit the throughput. The end of
    the stream is delayed like a chunk; a broken connection is broken on the other side too.
    """
    now = asyncio.get_running_loop().time
    under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def deliver() -> None:
        piece = b"more"
        try:
            while piece:
                due, piece = await under_way.get()
                await asyncio.sleep(due - now())
                writer.write(piece)
                await writer.drain()
        finally:
            writer.close()

    delivering = asyncio.create_task(deliver())
    piece = b"more"
    while piece:
        try:
            piece = await reader.read(CHUNK)
        except ConnectionError:
            piece = b""
        under_way.put_nowait((max(now(), ready) + delay_s, piece))
    with suppress(ConnectionError):  # the receiver has disconnected
        await delivering


async def main(port: int, round_trip_ms: float) -> None:
    """Run the proxy until the process is stopped."""
    async with latency_proxy(port, round_trip_ms / 1000) as address:
        print(f"Proxy at {address}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
