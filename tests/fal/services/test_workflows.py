"""The account's workflows: pages by cursor, the definition verbatim (C68)."""

from typing import Any

import httpx
import pytest

import fal

pytestmark = pytest.mark.anyio


def clients(answer: Any) -> fal.Clients:
    """Return clients whose network is a function."""
    addresses = fal.Addresses(api="https://api.test/v1")
    return fal.Clients(addresses, "key", transport=httpx.MockTransport(answer))


async def test_c68_the_list_is_read_page_by_page():
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Key key"
        cursor = request.url.params.get("cursor")
        valid = {"name": "b" if cursor else "A_b", "user_nickname": "Ana", "title": "T"}
        broken = {"name": "", "user_nickname": "x"}
        more = {"next_cursor": None if cursor else "2", "has_more": not cursor}
        return httpx.Response(200, json={"workflows": [valid, broken, 7], **more})

    async with clients(answer) as upstream:
        workflows = [item async for page in upstream.workflows.pages() for item in page.items]
    assert [workflow.endpoint_id for workflow in workflows] == [
        "workflows/Ana/A_b",
        "workflows/Ana/b",
    ]
    assert workflows[0].tags == ()


async def test_c68_a_definition_is_returned_verbatim():
    contents = {"nodes": {"a": {"type": "model", "odd": [1, None]}}, "more": True}

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v1/workflows/Ana/A_b"
        body = {"name": "A_b", "user_nickname": "Ana", "is_public": True, "contents": contents}
        return httpx.Response(200, json={"workflow": body})

    async with clients(answer) as upstream:
        opened = await upstream.workflows.open("Ana", "A_b")
    assert opened.contents == contents


@pytest.mark.parametrize("body", [{}, {"workflows": None}, [1]], ids=["empty", "null", "list"])
async def test_an_answer_without_a_list_is_an_error(body):
    async with clients(lambda _: httpx.Response(200, json=body)) as upstream:
        with pytest.raises(fal.UpstreamFailed):
            [page async for page in upstream.workflows.pages()]
