"""Pools of a few connections: none is crowded, no limit exceeded, few are kept warm.

If a host cannot be reached, its second address is tried, once (protocol, C91).
"""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

import fal
from fal.http.connections import POOL_SIZE, SUBMIT_KEEPALIVE_S, Connections
from tests.fal.conftest import KEY

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


async def test_thousands_of_requests_are_spread_over_small_pools():
    factory = Factory()
    connections = Connections(factory, 6000)
    async with AsyncExitStack() as stack:
        lent = [await stack.enter_async_context(connections.lease()) for _ in range(2000)]
        assert max(lent.count(each) for each in factory.made) == POOL_SIZE
        assert len(factory.made) == 2000 // POOL_SIZE
    assert len(factory.still_open) == 2
    await connections.aclose()
    assert not factory.still_open


async def test_leases_are_limited_and_returned_after_failures():
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


async def test_a_warm_connection_is_reused_unless_it_was_closed():
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


ACCEPTED = {
    "request_id": "r-1",
    "status_url": "https://queue.falrun.com/fal-ai/flux/requests/r-1/status",
    "response_url": "https://queue.falrun.com/fal-ai/flux/requests/r-1",
    "cancel_url": "https://queue.falrun.com/fal-ai/flux/requests/r-1/cancel",
}


class Hosts:
    """Answers of hosts by name; a missing host cannot be reached."""

    def __init__(
        self, answers: dict[str, Any], error: type[httpx.RequestError] = httpx.ConnectError
    ):
        self.answers, self.error = answers, error
        self.asked: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.get(request.url.host)
        if answer is None:
            raise self.error("no", request=request)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(200, json=answer)

    async def pause(self, seconds: float) -> None:
        return None


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout])
async def test_a_submit_is_sent_over_the_second_address_with_its_key_and_body(connect, error):
    hosts = Hosts({"queue.falrun.com": ACCEPTED}, error)
    clients = await connect(hosts)
    handle = await clients.queue.submit("fal-ai/flux", {"prompt": "a cat"})
    first, second = hosts.asked
    assert (second.url.host, second.headers["host"]) == ("queue.falrun.com", "queue.falrun.com")
    assert (second.method, second.url.path) == (first.method, first.url.path)
    assert second.headers["authorization"] == f"Key {KEY}"
    assert second.content == b'{"prompt":"a cat"}'
    hosts.answers["queue.falrun.com"] = {"status": "IN_QUEUE", "request_id": "r-1"}
    await clients.queue.status(handle)
    assert hosts.asked[-1].url.host == "queue.falrun.com"
    assert hosts.asked[-1].headers["authorization"] == f"Key {KEY}"


async def test_an_answer_that_was_lost_is_not_asked_for_at_the_second_address(connect):
    hosts = Hosts({"queue.fal.run": httpx.ReadTimeout("late"), "queue.falrun.com": ACCEPTED})
    clients = await connect(hosts)
    with pytest.raises(fal.FalError):
        await clients.queue.submit("fal-ai/flux", {})
    assert [request.url.host for request in hosts.asked] == ["queue.fal.run"]


async def test_where_neither_can_be_reached_the_first_error_is_told(connect):
    hosts = Hosts({})
    clients = await connect(hosts)
    with pytest.raises(fal.Unreachable):
        await clients.queue.submit("fal-ai/flux", {})
    assert [request.url.host for request in hosts.asked] == ["queue.fal.run", "queue.falrun.com"]


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("https://falrun.com/x", True),
        ("https://queue.falrun.com/x", True),
        ("https://api.falrun.com/x", False),
        ("https://queue.falrun.com:8443/x", False),
        ("http://falrun.com/x", False),
        ("https://falrun.com.evil.example/x", False),
    ],
)
def test_two_more_hosts_get_the_key(url, may):
    assert fal.Addresses().may_have_key(url) is may
    elsewhere = fal.Addresses(queue="http://127.0.0.1:1/queue", run="http://127.0.0.1:1/run")
    assert not elsewhere.may_have_key(url)
