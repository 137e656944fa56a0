"""The catalogue as fal serves it, with fal's known faults."""

import json
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

import httpx
import pytest

import fal
from tests.documents import document_ids, read_document
from tests.documents import items as catalogue_entries
from tests.fal.upstream import Upstream, catalogue, queries_of

pytestmark = pytest.mark.anyio
T = TypeVar("T")
METADATA = {
    "display_name": "PixVerse 5.6",
    "category": "image-to-video",
    "description": "Animate a still image.",
    "status": "active",
    "tags": ["new", "transform"],
    "updated_at": "2026-02-03T09:14:22.000Z",
    "is_favorited": None,
    "thumbnail_url": "https://v3b.fal.media/files/b/thumb.jpg",
    "thumbnail_animated_url": "https://v3b.fal.media/files/b/thumb.webp",
    "model_url": "https://fal.run/fal-ai/pixverse/v5.6/image-to-video",
    "github_url": "",
    "license_type": "commercial",
    "date": "2026-01-28T00:00:00.000Z",
    "group": {"key": "pixverse-v5.6", "label": "Image to Video"},
    "highlighted": True,
    "pinned": False,
    "kind": "inference",
    "training_endpoint_ids": ["fal-ai/pixverse/train"],
    "stream_url": "https://fal.run/fal-ai/pixverse/v5.6/image-to-video/stream",
    "duration_estimate": 1.5,
}
FULL = {"endpoint_id": "fal-ai/pixverse/v5.6/image-to-video", "metadata": METADATA}


def item(endpoint_id: Any, **more: Any) -> dict[str, Any]:
    return {"endpoint_id": endpoint_id, **more}


def ids(pages: Iterable[fal.Page]) -> list[str]:
    return [model.endpoint_id for page in pages for model in page.models]


async def collect(pages: AsyncIterator[T]) -> list[T]:
    return [page async for page in pages]


@pytest.mark.parametrize("favourite", [None, True, False])
async def test_c8_every_field_of_an_item_is_read(connect, favourite):
    full = FULL | {"metadata": METADATA | {"is_favorited": favourite}}
    clients = await connect(Upstream(catalogue([full])))
    (model,) = (await clients.platform.fetch_page()).models
    assert model.raw == full
    assert model.metadata == fal.Metadata(
        display_name="PixVerse 5.6",
        category="image-to-video",
        description="Animate a still image.",
        status="active",
        tags=("new", "transform"),
        updated_at=datetime(2026, 2, 3, 9, 14, 22, tzinfo=UTC),
        is_favorited=favourite,
        thumbnail_url="https://v3b.fal.media/files/b/thumb.jpg",
        thumbnail_animated_url="https://v3b.fal.media/files/b/thumb.webp",
        model_url="https://fal.run/fal-ai/pixverse/v5.6/image-to-video",
        github_url=None,
        license_type="commercial",
        date=datetime(2026, 1, 28, tzinfo=UTC),
        group=fal.Group("pixverse-v5.6", "Image to Video"),
        highlighted=True,
        pinned=False,
        kind="inference",
        training_endpoint_ids=("fal-ai/pixverse/train",),
        inference_endpoint_ids=(),
        stream_url="https://fal.run/fal-ai/pixverse/v5.6/image-to-video/stream",
        duration_estimate=1.5,
    )


async def test_all_real_entries_are_read_without_a_malformed_one(connect):
    entries = catalogue_entries()
    clients = await connect(Upstream(catalogue(entries)))
    page = await clients.platform.fetch_page()
    assert page.malformed == []
    assert [model.raw for model in page.models] == entries
    assert all(m.metadata and m.metadata.updated_at and m.metadata.date for m in page.models)


async def test_c1_pages_are_followed_until_there_are_no_more(connect):
    script = catalogue([item("a/1")], cursor="Mg=="), catalogue([item("a/2")], cursor="Mw==")
    upstream = Upstream(*script, catalogue([item("a/3")]))
    clients = await connect(upstream)
    pages = await collect(clients.platform.models(limit=1, category="vision"))
    assert ids(pages) == ["a/1", "a/2", "a/3"]
    assert queries_of(upstream) == [
        {"limit": ["1"], "category": ["vision"], **cursor}
        for cursor in ({}, {"cursor": ["Mg=="]}, {"cursor": ["Mw=="]})
    ]


@pytest.mark.parametrize(
    "page",
    [
        httpx.Response(200, json={"models": [item("a/1")], "has_more": True}),
        catalogue([item("a/1")], cursor="x"),
    ],
    ids=["without", "repeated"],
)
async def test_c1_a_missing_or_repeated_cursor_ends_the_pages(connect, page):
    upstream = Upstream(page)
    clients = await connect(upstream)
    assert {*ids(await collect(clients.platform.models()))} == {"a/1"}
    assert len(upstream.requests) <= 2


async def test_c1_a_stopped_listing_resumes_from_its_cursor(connect):
    upstream = Upstream(catalogue([item("a/3")]))
    clients = await connect(upstream)
    await collect(clients.platform.models(cursor="Mw=="))
    assert queries_of(upstream) == [{"cursor": ["Mw=="]}]


async def test_c2_lists_repeat_the_plain_name_and_ids_are_encoded(connect):
    upstream = Upstream(catalogue([]))
    clients = await connect(upstream)
    await clients.platform.fetch_page(
        endpoint_id=["fal-ai/flux/dev", "a/b"], expand="openapi-3.0", q="a b&c", sort="recent"
    )
    assert upstream.requests[0].url.raw_path.decode() == (
        "/v1/models?endpoint_id=fal-ai%2Fflux%2Fdev&endpoint_id=a%2Fb&q=a+b%26c"
        "&expand=openapi-3.0&sort=recent"
    )


async def test_c3_items_without_metadata_or_with_unknown_values_are_read(connect):
    odd = item("a/odd", metadata={"status": "retired", "category": "smell-to-text", "x": [1]}, y=2)
    clients = await connect(Upstream(catalogue([item("a/none"), odd], ordering={"sort": "recent"})))
    page = await clients.platform.fetch_page()
    none, odd_read = page.models
    assert none.metadata is None
    assert odd_read.metadata
    assert (odd_read.metadata.status, odd_read.metadata.category) == ("retired", "smell-to-text")
    assert odd_read.raw == odd
    assert page.raw["ordering"] == {"sort": "recent"}


async def test_c4_an_error_in_place_of_a_schema_is_recognised(connect):
    failure = {"error": {"code": "expansion_failed", "message": "not now"}}
    items = [
        item("a/failed", openapi=failure, enterprise_status=failure),
        item("a/unasked"),
        item("a/nonsense", openapi="text"),
        item("a/good", openapi={"openapi": "3.0.4", "error": {"x": 1}}, enterprise_status="ready"),
    ]
    clients = await connect(Upstream(catalogue(items)))
    failed, unasked, nonsense, good = (await clients.platform.fetch_page()).models
    assert failed.openapi is None
    assert failed.openapi_error == fal.ExpansionError("expansion_failed", "not now")
    assert failed.enterprise_status_error == failed.openapi_error
    assert unasked.openapi is None
    assert unasked.openapi_error is None
    assert nonsense.openapi_error
    assert nonsense.openapi_error.code == "malformed"
    assert good.openapi == '{"openapi":"3.0.4","error":{"x":1}}'
    assert good.enterprise_status == "ready"


async def test_c5_schemas_are_fetched_at_most_ten_at_a_time(connect):
    def find_items(request: httpx.Request) -> httpx.Response:
        return catalogue([item(i) for i in request.url.params.get_list("endpoint_id")])

    upstream = Upstream(find_items)
    clients = await connect(upstream)
    wanted = [f"a/{n}" for n in range(23)]
    result = await clients.platform.find([*wanted, "a/0"], expand=["openapi-3.0"])
    assert [model.endpoint_id for model in result.items] == wanted
    assert [len(query["endpoint_id"]) for query in queries_of(upstream)] == [10, 10, 3]
    assert [query["limit"] for query in queries_of(upstream)] == [["10"], ["10"], ["3"]]


async def test_c5_a_400_about_the_limit_halves_the_batch(connect):
    def at_most_three(request: httpx.Request) -> httpx.Response:
        wanted = request.url.params.get_list("endpoint_id")
        if len(wanted) > 3:
            body = {"error": {"type": "validation_error", "message": "limit must be at most 3"}}
            return httpx.Response(400, json=body)
        return catalogue([item(i) for i in wanted])

    clients = await connect(Upstream(at_most_three))
    wanted = [f"a/{n}" for n in range(10)]
    result = await clients.platform.find(wanted, expand="openapi-3.0")
    assert [model.endpoint_id for model in result.items] == wanted
    assert result.missing == []


async def test_c5_a_limit_too_large_for_a_page_is_halved(connect):
    def at_most_300(request: httpx.Request) -> httpx.Response:
        if int(request.url.params["limit"]) > 300:
            return httpx.Response(400, json={"error": {"type": "x", "message": "Limit too large"}})
        return catalogue([item("a/1")])

    upstream = Upstream(at_most_300)
    clients = await connect(upstream)
    assert ids(await collect(clients.platform.models(limit=1000))) == ["a/1"]
    assert [query["limit"] for query in queries_of(upstream)] == [["1000"], ["500"], ["250"]]


async def test_c5_another_400_is_not_retried(connect):
    upstream = Upstream(httpx.Response(400, json={"error": {"type": "x", "message": "bad sort"}}))
    clients = await connect(upstream)
    with pytest.raises(fal.RequestRejected, match="bad sort"):
        await collect(clients.platform.models(limit=1000, sort="odd"))
    assert len(upstream.requests) == 1


async def test_c5_a_404_batch_is_fetched_one_by_one(connect):
    def knows_all_but_2(request: httpx.Request) -> httpx.Response:
        wanted = request.url.params.get_list("endpoint_id")
        if "a/2" in wanted:
            return httpx.Response(404, json={"error": {"type": "not_found", "message": "a/2"}})
        return catalogue([item(i) for i in wanted])

    upstream = Upstream(knows_all_but_2)
    clients = await connect(upstream)
    result = await clients.platform.find([f"a/{n}" for n in range(5)], expand="openapi-3.0")
    assert [model.endpoint_id for model in result.items] == ["a/0", "a/1", "a/3", "a/4"]
    assert result.missing == ["a/2"]
    assert [len(query["endpoint_id"]) for query in queries_of(upstream)] == [5, 1, 1, 1, 1, 1]


async def test_c6_a_429_is_retried_after_the_wait_fal_names(connect):
    busy = httpx.Response(429, headers={"x-ratelimit-reset": "7"}, json={})
    upstream = Upstream(busy, catalogue([item("a/1")]))
    clients = await connect(upstream)
    assert len((await clients.platform.fetch_page()).models) == 1
    (pause,) = upstream.pauses
    assert 7 <= pause < 8


async def test_c6_a_persistent_429_keeps_earlier_pages(connect):
    busy = httpx.Response(429, json={"error": {"type": "rate_limited", "message": "Slow down"}})
    upstream = Upstream(catalogue([item("a/1")], cursor="x"), busy)
    clients = await connect(upstream)
    pages = clients.platform.models()
    had = [await anext(pages)]
    with pytest.raises(fal.RateLimited, match="Slow down"):
        await anext(pages)
    assert ids(had) == ["a/1"]
    assert len(upstream.requests) == 1 + 3


async def test_c7_duplicate_rows_count_once_and_missing_ids_are_listed(connect):
    clients = await connect(Upstream(catalogue([item("a/1"), item("a/1"), item("a/x")])))
    result = await clients.platform.find(["a/1", "a/2"])
    assert [model.endpoint_id for model in result.items] == ["a/1"]
    assert result.missing == ["a/2"]


async def test_c9_platform_errors_show_their_message(connect):
    body = {"error": {"type": "authorization_error", "message": "No such key", "request_id": "p-1"}}
    clients = await connect(Upstream(httpx.Response(401, json=body)))
    with pytest.raises(fal.AuthFailed, match="No such key") as caught:
        await clients.platform.pricing(["a/b"])
    assert (caught.value.type, caught.value.request_id) == ("authorization_error", "p-1")


@pytest.mark.parametrize("name", document_ids())
async def test_c10_c11_c12_documents_keep_every_keyword_in_order(connect, name):
    """C10, C11, C12: forms are made from exactly this document, in the order of the wire."""
    document = read_document(name)
    page = catalogue([item("a/b", openapi=document)])
    clients = await connect(Upstream(page))
    (model,) = (await clients.platform.fetch_page(expand="openapi-3.0")).models
    assert model.openapi == json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    assert "openapi" not in model.raw


async def test_one_malformed_item_does_not_spoil_the_page(connect):
    broken: list[Any] = [
        7,
        None,
        [],
        item(""),
        item(None),
        item("a/\n"),
        {"metadata": {}},
        item("a/m", metadata="x"),
    ]
    clients = await connect(Upstream(catalogue([*broken, item("a/good")])))
    page = await clients.platform.fetch_page()
    assert [model.endpoint_id for model in page.models] == ["a/good"]
    assert len(page.malformed) == len(broken)
    assert page.malformed[-1] == fal.Malformed("a/m", "metadata is not an object")


async def test_unstorable_text_affects_only_its_item(connect):
    content = b'{"has_more":false,"models":[{"endpoint_id":"a/bad","metadata":'
    content += b'{"display_name":"\\ud800"}},'
    content += b'{"endpoint_id":"a/good","metadata":'
    content += b'{"display_name":"x\\u0000y","duration_estimate":NaN}}]}'
    clients = await connect(Upstream(httpx.Response(200, content=content)))
    page = await clients.platform.fetch_page()
    assert [entry.endpoint_id for entry in page.malformed] == ["a/bad"]
    metadata = page.models[0].metadata
    assert metadata
    assert (metadata.display_name, metadata.duration_estimate) == ("xy", None)


@pytest.mark.parametrize(
    "content",
    [
        b"<html>",
        b'{"models":{}}',
        b"[" * 100_000,
    ],
)
async def test_a_malformed_page_is_upstreams_failure(connect, content):
    clients = await connect(Upstream(httpx.Response(200, content=content)))
    with pytest.raises(fal.UpstreamFailed):
        await clients.platform.fetch_page()


# Prices of runs from fal: exact, in few calls, without unreadable entries.


def price(endpoint_id: str, amount: float | None = 0.04) -> dict[str, Any]:
    return {"endpoint_id": endpoint_id, "unit_price": amount, "unit": "image", "currency": "USD"}


async def test_prices_are_fetched_fifty_a_call_as_exact_decimals(connect):
    def priced(request: httpx.Request) -> httpx.Response:
        wanted = request.url.params.get_list("endpoint_id")
        prices = [price(i) for i in wanted]
        return httpx.Response(200, json={"prices": prices, "has_more": False, "next_cursor": None})

    upstream = Upstream(priced)
    clients = await connect(upstream)
    prices = await clients.platform.pricing([f"a/{n}" for n in range(120)])
    assert len(prices) == 120
    assert prices[0] == fal.Price("a/0", Decimal("0.04"), "image", "USD")
    assert [len(query["endpoint_id"]) for query in queries_of(upstream)] == [50, 50, 20]


async def test_prices_are_paged_and_unreadable_ones_left_out(connect):
    first = {"prices": [price("a/1"), price("a/2", None), 7], "has_more": True, "next_cursor": "x"}
    second = {"prices": [price("a/3")], "has_more": True, "next_cursor": "x"}
    upstream = Upstream(httpx.Response(200, json=first), httpx.Response(200, json=second))
    clients = await connect(upstream)
    prices = await clients.platform.pricing(["a/1", "a/2", "a/3"])
    assert [row.endpoint_id for row in prices] == ["a/1", "a/3"]
    assert len(upstream.requests) == 2


async def test_one_endpoint_without_a_price_does_not_affect_others(connect):
    def knows_all_but_33(request: httpx.Request) -> httpx.Response:
        wanted = request.url.params.get_list("endpoint_id")
        if "a/33" in wanted:
            return httpx.Response(404, json={"error": {"type": "not_found", "message": "a/33"}})
        return httpx.Response(200, json={"prices": [price(i) for i in wanted], "has_more": False})

    upstream = Upstream(knows_all_but_33)
    clients = await connect(upstream)
    prices = await clients.platform.pricing([f"a/{n}" for n in range(50)])
    assert len(prices) == 49
    assert len(upstream.requests) < 20
