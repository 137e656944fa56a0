"""Each request has an id: the client's if it is plain, otherwise a new one.

One range of bytes, as RFC 9110 (section 14) has it. Heads of requests are limited, and cookies that
would take long to parse are refused.
"""

import asyncio
from typing import Any

import pytest
import uvicorn

from core.http import request_ids
from core.http.asgi import respond
from core.http.conditional import parse_range
from core.http.header_limits import MAX_COOKIE_BYTES, MAX_HEAD_BYTES, LimitedCookies, LimitedHeads
from core.http.request_ids import WithRequestId
from tests.tables import each_row


async def say_id(scope: Any, receive: Any, send: Any) -> None:
    await respond(send, 200, request_ids.current().encode())


async def ask(*headers: tuple[bytes, bytes]) -> tuple[str, str]:
    """Return the id that the application saw, and the id in the response."""
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {"type": "http", "headers": list(headers)}
    await WithRequestId(say_id)(scope, lambda: asyncio.sleep(0, {}), send)
    named = dict(messages[0]["headers"])[b"x-request-id"]
    return messages[1]["body"].decode(), named.decode()


def test_a_request_keeps_the_id_that_it_brings():
    assert asyncio.run(ask((b"x-request-id", b"proxy-0001"))) == ("proxy-0001", "proxy-0001")
    assert request_ids.current() == ""


@each_row("brought", [b"short", b"a" * 65, b"with space 1", b'quote"d-1234', b"line\nbreak-1", b""])
def test_another_id_is_replaced(brought):
    seen, named = asyncio.run(ask((b"x-request-id", brought)))
    assert seen == named
    assert len(named) == 32


@pytest.mark.parametrize("brought", [None, ""])
def test_what_no_request_began_has_none(brought):
    async def resume() -> str:
        request_ids.resume("of-a-request")
        request_ids.resume(brought)
        return request_ids.current()

    assert asyncio.run(resume()) == ""


@pytest.mark.parametrize(
    ("header", "span", "content_range"),
    [
        ("bytes=0-3", (0, 3), "bytes 0-3/10"),
        ("BYTES=4-", (4, 9), "bytes 4-9/10"),
        ("bytes=-2", (8, 9), "bytes 8-9/10"),
        ("bytes=-99", (0, 9), "bytes 0-9/10"),
        ("bytes=0-99", (0, 9), "bytes 0-9/10"),
        ("bytes=10-", (10, 9), "bytes */10"),
        ("bytes=-0", (10, 9), "bytes */10"),
    ],
)
def test_a_range_is_cut_to_the_file(header, span, content_range):
    byte_range = parse_range(header, 10)
    assert byte_range is not None
    assert (byte_range.first, byte_range.last) == span
    assert byte_range.content_range == content_range
    assert byte_range.is_satisfiable == ("*" not in content_range)


@pytest.mark.parametrize(
    "header",
    ["", "bytes=-", "bytes=5-2", "lines=1-2", "bytes=0-1,4-5", "bytes=" + "9" * 5000 + "-"],
)
def test_an_ignored_range_header_gives_the_whole_file(header):
    assert parse_range(header, 10) is None


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
    """Send these pieces, each after the one before was read; return the server's answer."""
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
def test_a_head_that_is_too_large_is_refused(pieces, status):
    assert asyncio.run(exchange(*pieces)).split(b" ")[1] == status
