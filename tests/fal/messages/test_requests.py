"""Past requests of an endpoint, page by page."""

import json
from datetime import UTC, datetime

import httpx
import pytest

from tests.fal.upstream import Upstream, queries_of

pytestmark = pytest.mark.anyio


async def test_requests_of_an_endpoint_are_read_page_by_page(connect):
    row = {
        "request_id": "r1",
        "endpoint_id": "a/b",
        "sent_at": "2026-11-20T10:00:00.500Z",
        "started_at": "2026-11-20T10:00:01Z",
        "status_code": 200,
        "json_input": {"seed": 1234567890123456789},
    }
    pages = [
        {"items": [row, {"no": "id"}, 7], "next_cursor": "x", "has_more": True},
        {"items": [{"request_id": "r2"}], "next_cursor": None, "has_more": False},
    ]
    upstream = Upstream(*(httpx.Response(200, text=json.dumps(page)) for page in pages))
    clients = await connect(upstream)
    start = datetime(2026, 11, 20, 9, 58, tzinfo=UTC)
    first, second = await clients.platform.requests("a/b", start=start, payloads=True)
    assert first.arguments == {"seed": 1234567890123456789}
    assert first.sent_at == datetime(2026, 11, 20, 10, 0, 0, 500_000, tzinfo=UTC)
    assert (first.status_code, first.ended_at) == (200, None)
    assert (second.request_id, second.arguments) == ("r2", None)
    base = {"endpoint_id": ["a/b"], "start": ["2026-11-20T09:58:00+00:00"], "limit": ["100"]}
    base |= {"expand": ["payloads"]}
    assert queries_of(upstream) == [base, base | {"cursor": ["x"]}]


@pytest.mark.parametrize("body", ["[]", "{}", '{"items": null}', '{"items": {"a": 1}}'])
async def test_a_malformed_list_of_requests_is_empty(connect, body):
    clients = await connect(Upstream(httpx.Response(200, text=body)))
    start = datetime(2026, 11, 20, tzinfo=UTC)
    assert await clients.platform.requests("a/b", start=start) == []


async def test_pages_of_requests_end_at_a_repeated_cursor(connect):
    page = json.dumps({"items": [{"request_id": "r"}], "next_cursor": "x"})
    upstream = Upstream(httpx.Response(200, text=page))
    clients = await connect(upstream)
    await clients.platform.requests("a/b", start=datetime(2026, 11, 20, tzinfo=UTC))
    assert len(upstream.requests) == 2


async def test_one_request_can_be_fetched_by_its_id(connect):
    upstream = Upstream(httpx.Response(200, json={"items": [{"request_id": "r2"}]}))
    clients = await connect(upstream)
    (request,) = await clients.platform.requests("a/b", request_id="r2")
    assert request.request_id == "r2"
    assert queries_of(upstream) == [
        {"endpoint_id": ["a/b"], "request_id": ["r2"], "limit": ["100"]},
    ]
