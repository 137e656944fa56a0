"""Small functions that talk to a sandbox over its sockets."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx

from tests.sandbox.server import RunningSandbox

SLOW = "mischief/slow"


def submit(
    http: httpx.Client, to: RunningSandbox, endpoint_id: str, arguments: Any, **more: Any
) -> dict[str, Any]:
    """Submit to the queue; return the handle."""
    answer = http.post(f"{to.addresses['queue']}/{endpoint_id}", json=arguments, **more)
    assert answer.status_code == 200, answer.text
    handle: dict[str, Any] = answer.json()
    return handle


def wait(
    http: httpx.Client, handle: dict[str, Any], status: str = "COMPLETED", seconds: float = 90
) -> dict[str, Any]:
    """Poll until a request has a status; return the status object with its logs."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        seen: dict[str, Any] = http.get(handle["status_url"], params={"logs": 1}).json()
        if seen["status"] == status:
            return seen
        time.sleep(0.01)
    raise AssertionError(f"{handle['request_id']} never became {status}")


def result(http: httpx.Client, handle: dict[str, Any]) -> httpx.Response:
    """Wait until the request has ended; return the answer of the result call."""
    wait(http, handle)
    return http.get(handle["response_url"])


def occupy(http: httpx.Client, to: RunningSandbox, seconds: float = 60) -> dict[str, Any]:
    """Start a request that takes the only place of a narrow sandbox."""
    arguments = {"duration": seconds, "picture": False, "log_lines": 1}
    handle = submit(http, to, SLOW, arguments)
    wait(http, handle, "IN_PROGRESS")
    return handle


def events(response: httpx.Response) -> Iterator[dict[str, Any]]:
    """Return the JSON of every server-sent event."""
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))
