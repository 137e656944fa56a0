"""Replaces fal at the level of HTTP requests: one class follows a script, one plays the queue."""

import itertools
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import httpx

import fal
from fal.addresses import SECOND_HOSTS

Answer = httpx.Response | Exception


class Upstream:
    """Answers from `script` in order, repeating the last answer; records requests and pauses."""

    def __init__(self, *script: Answer | Callable[[httpx.Request], httpx.Response]) -> None:
        self.script = itertools.chain(script, itertools.repeat(script[-1] if script else None))
        self.requests: list[httpx.Request] = []
        self.pauses: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        # second addresses are down too; tests of their own cover them
        if request.url.host in SECOND_HOSTS.values():
            raise httpx.ConnectError("away")
        self.requests.append(request)
        return self.answer(request)

    def answer(self, request: httpx.Request) -> httpx.Response:
        step = next(self.script)
        if isinstance(step, Exception):
            raise step
        # a response's body can be read once, but the script repeats its entries
        if isinstance(step, httpx.Response):
            return httpx.Response(step.status_code, headers=step.headers, content=step.content)
        assert step is not None, f"nothing was expected, came {request.method} {request.url}"
        return step(request)

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    @property
    def urls(self) -> list[str]:
        return [str(request.url) for request in self.requests]


class FakeQueue(Upstream):
    """A small version of fal's queue: requests move towards COMPLETED as their status is read."""

    base = "https://queue.fal.run"
    app = "fal-ai/flux"
    codes = {"IN_QUEUE": 202, "IN_PROGRESS": 202, "COMPLETED": 200}

    def __init__(self, output: str = '{"ok": true}', **extra: Any) -> None:
        super().__init__()
        self.output = output
        self.extra = extra
        self.taken: dict[str, list[str]] = {}
        self.bodies: list[bytes] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return self.submitted(request)
        request_id, *verb = request.url.path.partition("/requests/")[2].split("/")
        if request_id not in self.taken:
            return httpx.Response(404, json={"status": "NOT_FOUND"})
        handler = {(): self.result, ("status",): self.status, ("cancel",): self.cancelled}
        return handler[tuple(verb)](request_id)

    def submitted(self, request: httpx.Request) -> httpx.Response:
        request_id = f"019e1951-c778-7120-8000-{len(self.taken):012}"
        self.taken[request_id] = ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]
        self.bodies.append(request.content)
        url = f"{self.base}/{self.app}/requests/{request_id}"
        answer = {
            "status": "IN_QUEUE",
            "request_id": request_id,
            "response_url": url,
            "status_url": f"{url}/status",
            "cancel_url": f"{url}/cancel",
            "queue_position": 2,
            "logs": None,
            "metrics": {},
        }
        return httpx.Response(200, json=answer, headers={"x-fal-request-id": request_id})

    def status(self, request_id: str) -> httpx.Response:
        states = self.taken[request_id]
        word = states.pop(0) if len(states) > 1 else states[0]
        body = {"status": word, "request_id": request_id, "logs": [], **self.extra}
        return httpx.Response(self.codes[word], json=body)

    def result(self, request_id: str) -> httpx.Response:
        headers = {"x-fal-request-id": request_id, "X-Fal-Billable-Units": "1.50"}
        if self.taken[request_id] != ["COMPLETED"]:
            return httpx.Response(400, json={"detail": "Request is still in progress"})
        return httpx.Response(200, content=self.output.encode(), headers=headers)

    def cancelled(self, request_id: str) -> httpx.Response:
        if self.taken[request_id] == ["COMPLETED"]:
            return httpx.Response(400, json={"status": "ALREADY_COMPLETED"})
        return httpx.Response(202, json={"status": "CANCELLATION_REQUESTED"})


def catalogue(items: list[Any], *, cursor: str | None = None, **more: Any) -> httpx.Response:
    """Return a page of the catalogue; without a cursor it is the last one."""
    page = {"models": items, "has_more": cursor is not None, **more}
    if cursor is not None:
        page["next_cursor"] = cursor
    return httpx.Response(200, content=json.dumps(page).encode())


def queries_of(upstream: Upstream) -> list[dict[str, list[str]]]:
    """Return the query of each call."""
    return [parse_qs(request.url.query.decode()) for request in upstream.requests]


GIVEN = {"x-fal-request-id": "r-1"}
# Answers to a run over one connection other than a success, and whether fal may have the run all
# the same.
RUN_ANSWERS = [
    (
        httpx.Response(422, json={"detail": [{"loc": ["body"], "msg": "m", "type": "t"}]}),
        fal.RunFailed,
        False,
    ),
    (httpx.Response(401, json={"detail": "no"}), fal.AuthFailed, False),
    (httpx.Response(429, json={"detail": "busy"}), fal.RateLimited, False),
    (httpx.Response(502, text="<html>nginx"), fal.UpstreamFailed, True),
    (httpx.Response(408, text="<html>nginx"), fal.RequestRejected, True),
    (httpx.Response(409, json={"detail": "x"}, headers=GIVEN), fal.RequestRejected, True),
    (
        httpx.Response(499, json={"detail": "x", "error_type": "client_disconnected"}),
        fal.RunFailed,
        True,
    ),
    (
        httpx.Response(499, json={"detail": "x", "error_type": "client_cancelled"}),
        fal.RunFailed,
        False,
    ),
    (httpx.Response(500, json={"detail": "x"}, headers=GIVEN), fal.RunFailed, False),
    (httpx.Response(302, json={"images": []}, headers=GIVEN), fal.RequestRejected, True),
    (httpx.ReadTimeout(""), fal.Unreachable, True),
]
