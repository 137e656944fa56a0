"""A far upstream answers late, in order, and takes as much at a time as a near one."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

from bench.stage.children import HOST
from bench.stage.latency_proxy import latency_proxy

ROUND_TRIP_S = 0.1
PIECES = [b"%04d" % number * 5000 for number in range(50)]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece)
    writer.close()


async def sent(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pieces: list[bytes], since: float
) -> float:
    """The loop's seconds once all have come back as they were sent, a moment apart."""
    for piece in pieces:
        writer.write(piece)
        await asyncio.sleep(0.001)
    whole = b"".join(pieces)
    assert await reader.readexactly(len(whole)) == whole
    return asyncio.get_running_loop().time() - since


async def both_ways() -> list[float]:
    """One piece on a new connection, one on the kept one, then many at once."""
    now = asyncio.get_running_loop().time
    server = await asyncio.start_server(echo, HOST)
    async with server, latency_proxy(server.sockets[0].getsockname()[1], ROUND_TRIP_S) as address:
        begun = now()
        reader, writer = await asyncio.open_connection(HOST, urlsplit(address).port)
        took = [await sent(reader, writer, PIECES[:1], begun)]
        took += [await sent(reader, writer, pieces, now()) for pieces in (PIECES[:1], PIECES)]
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
    return took


async def broken() -> bytes:
    """What comes of a server that hangs up in the middle."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"half")
        writer.close()

    server = await asyncio.start_server(hang_up, HOST)
    async with server, latency_proxy(server.sockets[0].getsockname()[1], ROUND_TRIP_S) as address:
        reader, writer = await asyncio.open_connection(HOST, urlsplit(address).port)
        with suppress(ConnectionError):
            writer.write(b"x" * 1_000_000)
        received = await asyncio.wait_for(reader.read(), 5)
        writer.close()
    return received


def test_pieces_arrive_in_order_with_the_latency_of_a_round_trip() -> None:
    new_connection, reused_connection, many_requests = asyncio.run(both_ways())
    assert new_connection >= 2 * ROUND_TRIP_S
    assert reused_connection >= ROUND_TRIP_S
    assert many_requests < len(PIECES) * ROUND_TRIP_S / 2  # under way together


def test_a_disconnecting_upstream_is_noticed() -> None:
    assert asyncio.run(broken()) == b"half"
