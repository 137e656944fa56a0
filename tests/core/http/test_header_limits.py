"""Heads of requests are limited, and cookies that would take long to parse are refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvicorn

from core.http.asgi import respond
from core.http.header_limits import MAX_COOKIE_BYTES, MAX_HEAD_BYTES, LimitedCookies, LimitedHeads

START = b"POST / HTTP/1.1\r\nHost: x\r\n"
END = b"\r\nContent-Length: 0\r\n\r\n"
HALF = b"y" * (MAX_COOKIE_BYTES // 2)
PIECE = b"x" * 16_000


async def count_body(scope: Any, receive: Any, send: Any) -> None:
    length, is_more = 0, True
    while is_more:
        message = await receive()
        length += len(message.get("body", b""))
        is_more = message.get("more_body", False)
    await respond(send, 200, b"%d" % length)


async def exchange(*pieces: bytes) -> bytes:
    """What a server answers to these pieces, each sent once the one before is read."""
    options: Any = {"http": LimitedHeads, "port": 0, "lifespan": "off", "log_level": "critical"}
    server = uvicorn.Server(uvicorn.Config(LimitedCookies(count_body), **options))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.005)
        return await asyncio.wait_for(reader.readuntil(b"\r\n"), 10)
    finally:
        writer.close()
        server.should_exit = True
        await running


@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        ([START, b"X: ", *[PIECE] * 5], b"431"),
        ([START, *[b"X: y\r\n" * 2000] * 6], b"431"),
        ([b"POST /", *[PIECE] * 5], b"431"),
        ([START, b"Transfer-Encoding: chunked\r\n\r\n0\r\n", *[b"X: y\r\n" * 2000] * 6], b"431"),
        ([START, b"Content-Length: 160000\r\n\r\n", *[PIECE] * 10], b"200"),
        ([START, b"X: ", b"y" * (MAX_HEAD_BYTES - 1000), END], b"200"),
        ([START, b"Cookie: a=", b"\\" * MAX_COOKIE_BYTES, END], b"431"),
        ([START, b"Cookie: a=", HALF, b"\r\ncookie: b=", HALF, END], b"431"),
        ([START, b"Cookie: ", HALF, HALF, END], b"200"),
    ],
)
def test_a_head_that_is_too_large_is_refused(pieces: list[bytes], status: bytes) -> None:
    assert asyncio.run(exchange(*pieces)).split(b" ")[1] == status
