"""If a host cannot be reached, its second address is tried, once (protocol, C91)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

import fal
from tests.fal.conftest import KEY, Connect

pytestmark = pytest.mark.anyio
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
async def test_a_submit_is_sent_over_the_second_address_with_its_key_and_body(
    connect: Connect, error: type[httpx.RequestError]
) -> None:
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


async def test_an_answer_that_was_lost_is_not_asked_for_at_the_second_address(
    connect: Connect,
) -> None:
    hosts = Hosts({"queue.fal.run": httpx.ReadTimeout("late"), "queue.falrun.com": ACCEPTED})
    clients = await connect(hosts)
    with pytest.raises(fal.FalError):
        await clients.queue.submit("fal-ai/flux", {})
    assert [request.url.host for request in hosts.asked] == ["queue.fal.run"]


async def test_where_neither_can_be_reached_the_first_error_is_told(connect: Connect) -> None:
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
def test_two_more_hosts_get_the_key(url: str, may: bool) -> None:
    assert fal.Addresses().may_have_key(url) is may
    elsewhere = fal.Addresses(queue="http://127.0.0.1:1/queue", run="http://127.0.0.1:1/run")
    assert not elsewhere.may_have_key(url)
