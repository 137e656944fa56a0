"""A body is read as it was sent, however it was sent, or refused: no run without its input."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.core.wsgi import get_wsgi_application
from django.db import connections

from api import tokens
from api.assistants.http import Assistants
from runs.models import Run
from tests.api.pages import Pages
from tests.leaks.responses import watched_application

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.system]
FLUX = "fal-ai/flux/dev"
INPUT = {"prompt": "a mill"}
CALL = {"endpoint_id": FLUX, "arguments": INPUT}
MARK = b"\xef\xbb\xbf"
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
DOORS: dict[str, Any] = {  # what starts runs from JSON, each with its body
    f"/api/fal/queue/{FLUX}": INPUT,
    f"/api/fal/run/{FLUX}": INPUT,
    "/api/fal/proxy": INPUT,
    "/api/v1/runs": CALL,
    "/api/v1/estimates": CALL,
    "/mcp": PING,
}
Post = Callable[..., list[httpx.Response]]


@pytest.fixture
def post(user: Any, make_endpoint: Any, documents: Any) -> Post:
    """`post([(address, content, headers), …])` to the web process; the client counts nothing."""
    make_endpoint(FLUX, documents[FLUX])
    _, secret = tokens.create(user, "t", ["read", "run"])
    target = {"x-fal-target-url": f"https://queue.fal.run/{FLUX}"}
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json", **target}

    def send(calls: list[tuple[str, Any, dict[str, str]]]) -> list[httpx.Response]:
        async def main() -> list[httpx.Response]:
            pages = Pages(get_wsgi_application())
            assistants = Assistants(pages, 1)

            async def app(scope: Any, receive: Any, send: Any) -> None:
                await (assistants if scope["path"] == "/mcp" else pages)(scope, receive, send)

            transport = httpx.ASGITransport(app=watched_application(app))
            async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
                answers = [
                    await http.post(address, content=content, headers=headers | more)
                    for address, content, more in calls
                ]
            await assistants.stop()
            await asyncio.to_thread(pages.close)
            await sync_to_async(connections.close_all)()
            return answers

        return asyncio.run(main())

    return send


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 7 if len(content) < 1000 else 1 << 16):
        yield content[start : start + (7 if len(content) < 1000 else 1 << 16)]


@pytest.mark.parametrize("mark", [b"", MARK], ids=["plain", "mark"])
def test_a_body_in_chunks_is_read_at_every_door(post, mark):
    bodies = {address: mark + json.dumps(body).encode() for address, body in DOORS.items()}
    answers = post([(address, pieces(body), {}) for address, body in bodies.items()])
    failed = {answer.url.path: answer.text for answer in answers if 400 <= answer.status_code < 500}
    assert failed == {}
    assert answers[-1].json() == {"jsonrpc": "2.0", "id": 1, "result": {}}
    assert [*Run.objects.values_list("arguments", flat=True)] == [INPUT] * 4


def test_what_cannot_be_read_as_it_is_sent_is_refused(post):
    large = json.dumps({**INPUT, "x": "y" * (2 << 20)}).encode()
    calls: list[Any] = [(address, pieces(large), {}) for address in DOORS]
    compressed = [(address, b"\x1f\x8b\x08", {"Content-Encoding": "gzip"}) for address in DOORS]
    answers = post([*calls, *compressed, ("/login/", pieces(large), {})])
    statuses = [answer.status_code for answer in answers]
    assert statuses == [*[411] * 5, 413, *[415] * 6, 411]
    assert "needs its length" in answers[0].json()["detail"]
    assert "without Content-Encoding" in answers[6].json()["detail"]
    assert not Run.objects.exists()


IDS: dict[str, Any] = {  # the answered id, or None for a refusal
    "7": 7, '"abc"': "abc", '"7"': "7", '""': "", "1.0": 1, "1e3": 1000, "-3": -3,
    str(10**30): 10**30, "1.5": None, "null": None, "true": None, "[1]": None, "{}": None,
}  # fmt: skip


def test_an_assistant_gets_an_answer_whatever_its_request_is_named(post):
    text = '{{"jsonrpc": "2.0", "method": "ping", "id": {}}}'
    answers = post([("/mcp", text.format(name).encode(), {}) for name in IDS])
    answered = dict(zip(IDS, (answer.json()["id"] for answer in answers), strict=True))
    assert answered == IDS
    refused = [answer for answer in answers if answer.json()["id"] is None]
    assert {(each.status_code, each.json()["error"]["code"]) for each in refused} == {(400, -32600)}
