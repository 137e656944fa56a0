"""Each request has an id: its own where that is plain, else a new one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from core.http import request_ids
from core.http.asgi import respond
from core.http.request_ids import WithRequestId
from tests.tables import each_row


async def say_id(scope: Any, receive: Any, send: Any) -> None:
    await respond(send, 200, request_ids.current().encode())


async def ask(*headers: tuple[bytes, bytes]) -> tuple[str, str]:
    """The id that the application saw, and the one that the response names."""
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {"type": "http", "headers": list(headers)}
    await WithRequestId(say_id)(scope, lambda: asyncio.sleep(0, {}), send)
    named = dict(messages[0]["headers"])[b"x-request-id"]
    return messages[1]["body"].decode(), named.decode()


def test_a_request_keeps_the_id_that_it_brings() -> None:
    assert asyncio.run(ask((b"x-request-id", b"proxy-0001"))) == ("proxy-0001", "proxy-0001")
    assert request_ids.current() == ""


@each_row("brought", [b"short", b"a" * 65, b"with space 1", b'quote"d-1234', b"line\nbreak-1", b""])
def test_another_id_is_replaced(brought: bytes) -> None:
    seen, named = asyncio.run(ask((b"x-request-id", brought)))
    assert seen == named
    assert len(named) == 32


def test_two_requests_have_two_ids() -> None:
    async def both() -> tuple[tuple[str, str], tuple[str, str]]:
        return await asyncio.gather(ask(), ask())

    first, second = asyncio.run(both())
    assert first != second
    assert first[0] == first[1]


@pytest.mark.parametrize("brought", [None, ""])
def test_what_no_request_began_has_none(brought: str | None) -> None:
    async def resume() -> str:
        request_ids.resume("of-a-request")
        request_ids.resume(brought)
        return request_ids.current()

    assert asyncio.run(resume()) == ""
