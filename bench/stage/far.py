"""An upstream that is far away: every byte arrives later, none arrives slower.

A proxy before a server of this machine that delays each direction by half a round trip. A new
connection pays a whole one first, as a handshake would: what is sent right away leaves when that is
over.

    python -m bench.stage.far PORT ROUND_TRIP_MS  (PORT is the server's; the proxy prints its own
    address)
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bench.stage.children import HOST

CHUNK = 64 * 1024


@asynccontextmanager
async def far(port: int, round_trip_s: float) -> AsyncIterator[str]:
    """The address of a proxy before the server at `port`, for the block."""

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
    """All that comes in goes out in its order, each piece `delay_s` later.

    None leaves before `ready`.

    Any number of pieces may be under way: the delay is no limit to what goes through. The end
    travels like a piece, and a connection that one side breaks is broken for the other.
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
    with suppress(ConnectionError):  # whom it was for has gone
        await delivering


async def main(port: int, round_trip_ms: float) -> None:
    """Stand before the server until somebody ends this."""
    async with far(port, round_trip_ms / 1000) as address:
        print(f"Far at {address}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
