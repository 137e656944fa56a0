"""The catalogue in fal's format: its parameters and answers, with the models a token may run."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.test import Client

import fal
from api import tokens
from catalog.models import Endpoint, Favourite, ListingEntry, Schema, SyncReport
from catalog.sync import pipeline
from fal.messages.catalogue import Page
from projects.models import Rule
from runs.models import Run
from runs.state import state_machine
from runs.state.transitions import Observation
from tests import documents
from tests.catalog.upstream import CatalogueUpstream, ids, item

pytestmark = pytest.mark.django_db

MODELS, PRICING = "/api/fal/v1/models", "/api/fal/v1/models/pricing"
FLUX, LTX = "fal-ai/flux/dev", "fal-ai/ltx-2-19b/audio-to-video"
Get = Callable[..., Any]


@pytest.fixture
def get(user: Any) -> Get:
    """`get("?q=cat")` → the JSON of `/models`; `status=400` for a refused query."""
    _, secret = tokens.create(user, "n8n", ["read"])
    browser = Client(headers={"Authorization": f"Key {secret}"})

    def fetch(query: str = "", status: int = 200, path: str = MODELS) -> Any:
        response = browser.get(path + query)
        assert response.status_code == status, response.content
        return response.json()

    return fetch


@pytest.fixture
def endpoint(make_endpoint: Any) -> Any:
    return make_endpoint(FLUX)


def sync(transport: httpx.AsyncBaseTransport, **options: Any) -> SyncReport:
    """Sync the catalogue once, from an upstream with this transport."""

    async def run() -> SyncReport:
        async with fal.Clients(fal.Addresses(), "id:secret", transport=transport) as clients:
            return await pipeline.run(clients.platform, **options)

    return async_to_sync(run)()


@pytest.fixture
def synced(db: None) -> CatalogueUpstream:
    """A whole catalogue; models with a document have their schemas."""
    upstream = CatalogueUpstream()
    for each in documents.catalogue():
        name = each["endpoint_id"]
        document = each.pop("openapi", {"openapi": "3.0.4", "info": {"title": name}})
        upstream.items[name], upstream.documents[name] = each, document
    upstream.prices = {FLUX: 0.025}
    assert sync(upstream.transport).state == "done"
    return upstream


def ids_in(body: Any) -> list[str]:
    return [model["endpoint_id"] for model in body["models"]]


def test_an_item_is_upstreams_own_with_the_callers_star(get, synced, user):
    Favourite.objects.set(user.pk, Endpoint.objects.get(endpoint_id=FLUX), starred=True)
    body = get(f"?endpoint_id={FLUX}")
    given = synced.items[FLUX]
    (model,) = body["models"]
    address = f"http://testserver/api/fal/run/{FLUX}"
    assert model == {
        "endpoint_id": FLUX,
        "metadata": given["metadata"] | {"is_favorited": True, "model_url": address},
    }
    assert (body["has_more"], body["next_cursor"], "ordering" in body) == (False, None, False)
    (other,) = get(f"?endpoint_id={LTX}")["models"]
    assert other["metadata"]["is_favorited"] is False


def test_the_cursor_gives_each_model_once_and_every_page_parses(get, synced, user):
    _, secret = tokens.create(user, "reader", ["read"])
    browser = Client(headers={"Authorization": f"Bearer {secret}"})
    for question in ("limit=40", "limit=40&sort=recent", "q=video&limit=7", "category=training"):
        seen: list[str] = []
        address = f"?{question}"
        while address:
            page = Page.from_bytes(browser.get(MODELS + address).content)
            assert page.malformed == []
            assert all(model.metadata and model.metadata.display_name for model in page.models)
            seen += [model.endpoint_id for model in page.models]
            address = f"?{question}&cursor={page.next_cursor}" if page.has_more else ""
        assert len(seen) == len(set(seen))
        if question.startswith("limit"):
            assert sorted(seen) == sorted(synced.items)
        else:
            assert 0 < len(seen) < len(synced.items)


def test_a_second_vitrine_syncs_from_the_first(synced, user):
    """`FAL_API_URL` may be another Vitrine's address: same models, documents and prices."""
    _, secret = tokens.create(user, "the second", ["read"])
    browser = Client(headers={"Authorization": f"Key {secret}"})
    answers: dict[str, httpx.Response] = {}

    async def live(request: httpx.Request) -> httpx.Response:
        address = f"/api/fal{request.url.raw_path.decode()}"
        response = await sync_to_async(browser.get)(address)
        answers[address] = httpx.Response(response.status_code, content=response.content)
        return await recorded(request)

    async def recorded(request: httpx.Request) -> httpx.Response:
        return answers[f"/api/fal{request.url.raw_path.decode()}"]

    first = catalogue()
    assert sync(httpx.MockTransport(live), full=True).state == "done"
    SyncReport.objects.all().delete()
    Endpoint.objects.all().delete()
    Schema.objects.all().delete()
    report = sync(httpx.MockTransport(recorded))
    assert (report.state, report.failed, len(report.new)) == ("done", [], len(synced.items))
    assert catalogue() == first


def catalogue() -> list[tuple[Any, ...]]:
    """Return what a sync has stored of every model, in upstream's order."""
    columns = (
        "endpoint_id", "display_name", "category", "description", "status", "tags", "kind",
        "license_type", "group_key", "group_label", "thumbnail_url", "thumbnail_animated_url",
        "github_url", "training_endpoint_ids", "inference_endpoint_ids", "duration_estimate_min",
        "published_at", "updated_at", "upstream_updated", "position", "pinned", "highlighted",
        "unit_price_usd", "price_unit", "currency", "schema_id",
    )  # fmt: skip
    return list(Endpoint.objects.values_list(*columns))


def test_what_nobody_or_this_token_may_not_run_is_not_there(get, make_endpoint, user):
    open_, locked, blocked, gone = (
        make_endpoint(f"fal-ai/cat-{word}", category=word, unit_price_usd="1")
        for word in ("open", "locked", "blocked", "gone")
    )
    Rule.objects.create(kind="id", value=locked.endpoint_id, reason="Not licensed")
    Endpoint.objects.filter(pk=blocked.pk).update(mark="blocked")
    Endpoint.objects.filter(pk=gone.pk).update(gone_at=datetime(2026, 1, 1, tzinfo=UTC))
    for query in ("", "?q=cat", "?sort=recent", "?limit=1", "?status=active"):
        assert (ids_in(get(query)), get(query)["has_more"]) == ([open_.endpoint_id], False)
    everything = "&".join(f"endpoint_id={e.endpoint_id}" for e in (locked, open_, blocked, gone))
    assert ids_in(get(f"?{everything}&expand=openapi-3.0")) == [open_.endpoint_id]
    prices = get(f"?{everything}", path=PRICING)["prices"]
    assert [price["endpoint_id"] for price in prices] == [open_.endpoint_id]
    unknown = get("?endpoint_id=fal-ai/no-such", 404)["error"]
    for endpoint in (locked, blocked, gone):
        for path in (MODELS, PRICING):
            error = get(f"?endpoint_id={endpoint.endpoint_id}", 404, path)["error"]
            assert error["type"] == unknown["type"] == "not_found"
            message = unknown["message"].replace("fal-ai/no-such", endpoint.endpoint_id)
            assert error["message"] == message
        assert ids_in(get(f"?category={endpoint.category}")) == []


def test_a_rule_of_a_project_is_the_one_that_counts(get, endpoint, user):
    from projects.models.project import private_project

    assert ids_in(get()) == [FLUX]
    Rule.objects.create(project=private_project(user), kind="id", value=FLUX)
    assert ids_in(get()) == []
    assert get("?project=somebody-elses", 403)["error"]["type"] == "authorization_error"


def test_filters_and_orders_are_fals(get, make_endpoint):
    make_endpoint("fal-ai/a", position=1, status="deprecated")
    make_endpoint("fal-ai/b", position=0, published_at=datetime(2025, 1, 1, tzinfo=UTC))
    make_endpoint("fal-ai/c", position=2, published_at=datetime(2026, 1, 1, tzinfo=UTC))
    make_endpoint("fal-ai/d", position=3, category="training")
    assert ids_in(get()) == ["fal-ai/b", "fal-ai/a", "fal-ai/c", "fal-ai/d"]
    recent = get("?sort=recent")
    assert ids_in(recent) == ["fal-ai/c", "fal-ai/b", "fal-ai/a", "fal-ai/d"]
    assert recent["ordering"] == {"sort": "recent"}
    assert ids_in(get("?status=deprecated")) == ["fal-ai/a"]
    assert ids_in(get("?status=active&category=training")) == ["fal-ai/d"]
    wanted = "endpoint_id=fal-ai/c&endpoint_id=fal-ai/a&endpoint_id=fal-ai/c&endpoint_id=fal-ai/x"
    assert ids_in(get(f"?{wanted}&sort=recent")) == ["fal-ai/c", "fal-ai/a"]
    assert ids_in(get(f"?{wanted}&status=active")) == ["fal-ai/c"]
    assert ids_in(get("?expand[]=openapi-3.0&anything=else")) == ids_in(
        get()
    )  # ignored, as fal does


def test_expansions_are_the_stored_document_or_say_why_not(get, make_endpoint, documents):
    make_endpoint(FLUX, documents[FLUX])
    make_endpoint("fal-ai/bare", position=1, schema_error="expansion_failed: not now")
    both = get("?expand=openapi-3.0&expand=enterprise_status")["models"]
    assert both[0]["openapi"] == documents[FLUX]
    assert both[1]["openapi"]["error"] == {
        "code": "expansion_failed",
        "message": "expansion_failed: not now",
    }
    assert both[0]["enterprise_status"]["error"]["code"] == "expansion_failed"
    entry = item(FLUX) | {"enterprise_status": "ready", "openapi": {"not": "this"}}
    row = Endpoint.objects.get(endpoint_id=FLUX)
    ListingEntry.objects.create(endpoint=row, text=json.dumps(entry))
    (model,) = get(f"?endpoint_id={FLUX}&expand=enterprise_status")["models"]
    assert model["enterprise_status"] == "ready"
    assert "openapi" not in model


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("limit=0", "limit must be between 1 and 1000"),
        ("limit=1001", "limit must be between 1 and 1000"),
        ("limit=11&expand=openapi-3.0", "limit must be between 1 and 10"),
        ("limit=x", "limit"),
        ("cursor=Mg==", "cursor"),
        ("cursor=WzBd", "cursor"),
        ("status=gone", "status"),
        ("sort=cheap", "sort"),
        ("expand=everything", "expand"),
        ("&".join(f"endpoint_id={name}" for name in ids(51)), "at most 50"),
    ],
)
def test_a_wrong_parameter_is_named_in_fals_envelope(get, endpoint, query, words):
    error = get(f"?{query}", 400)["error"]
    assert error["type"] == "validation_error"
    assert words in error["message"]


def test_characters_a_database_refuses_are_handled(get, endpoint):
    for query in ("q=%00", "category=%00x", "q=" + "x" * 5000):
        get(f"?{query}")
    get("?endpoint_id=%00", 404)


def test_only_a_token_that_may_read_is_answered(user, endpoint):
    _, running = tokens.create(user, "runs", ["run"])
    for header, status in (("", 401), ("Key wrong", 401), (f"Key {running}", 403)):
        for path in (MODELS, f"{PRICING}?endpoint_id={FLUX}"):
            response = Client(headers={"Authorization": header} if header else {}).get(path)
            assert response.status_code == status
            assert response.json()["error"]["type"] == "authorization_error"
    _, reading = tokens.create(user, "reads", ["read"])
    browser = Client(headers={"Authorization": f"Bearer {reading}"})
    assert browser.get(MODELS).status_code == 200
    posted = browser.post(MODELS)
    assert (posted.status_code, posted.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    absent = browser.get("/api/fal/v1/workflows")
    assert (absent.status_code, absent.json()["error"]["type"]) == (404, "not_found")


def test_prices_are_the_list_prices(get, make_endpoint):
    make_endpoint(FLUX, unit_price_usd="0.02500000", price_unit="megapixels", currency="USD")
    make_endpoint("fal-ai/free", unit_price_usd="0", price_unit="image")
    make_endpoint("fal-ai/unknown")
    flux = {"endpoint_id": FLUX, "unit_price": 0.025, "unit": "megapixels", "currency": "USD"}
    free = {"endpoint_id": "fal-ai/free", "unit_price": 0.0, "unit": "image", "currency": "USD"}
    body = get(f"?endpoint_id=fal-ai/free,{FLUX}&endpoint_id=fal-ai/unknown", path=PRICING)
    assert body == {"prices": [free, flux], "next_cursor": None, "has_more": False}
    assert get("", 400, PRICING)["error"]["type"] == "validation_error"


def test_a_page_takes_few_queries(get, synced, django_assert_max_num_queries):
    get("?limit=10&expand=openapi-3.0")
    with django_assert_max_num_queries(6):
        get("?limit=10&expand=openapi-3.0")


# Requests of fal's own n8n node to the Platform API, from its source
# (fal-ai-community/n8n-nodes-fal 1.0.1): method, path, query, and the paths of the values that it
# reads in the answer.
N8N_NODE: list[tuple[str, str, dict[str, str], list[str]]] = [
    ("credential test", "models", {"limit": "1"}, []),
    (
        "searchModels, nothing typed",
        "models",
        {"limit": "50"},
        [
            "models.0.endpoint_id",
            "models.0.metadata.display_name",
            "models.0.metadata.category",
            "models.0.metadata.pinned",
            "models.0.metadata.highlighted",
            "next_cursor",
        ],
    ),
    (
        "searchModels, words typed",
        "models",
        {"limit": "50", "q": "flux"},
        ["models.0.endpoint_id", "models.0.metadata.display_name"],
    ),
    (
        "getModelSchema",
        "models",
        {"endpoint_id": FLUX, "expand": "openapi-3.0"},
        [
            "models.0.endpoint_id",
            "models.0.metadata.description",
            "models.0.openapi.info.title",
            "models.0.openapi.components.schemas",
        ],
    ),
    (
        "getPricing",
        "models/pricing",
        {"endpoint_id": FLUX},
        ["prices.0.endpoint_id", "prices.0.unit_price", "prices.0.unit", "prices.0.currency"],
    ),
]


@pytest.mark.parametrize(("act", "path", "query", "reads"), N8N_NODE, ids=[n[0] for n in N8N_NODE])
def test_fals_n8n_node_finds_what_it_reads(synced, user, act, path, query, reads):
    _, secret = tokens.create(user, "n8n", ["read", "run"])
    headers = {"Authorization": f"Key {secret}", "User-Agent": "n8n-nodes-fal/1.0.1"}
    response = Client(headers=headers).get(f"/api/fal/v1/{path}", query)
    assert response.status_code == 200
    for place in reads:
        value = response.json()
        for step in place.split("."):
            value = value[int(step) if step.isdigit() else step]
        assert value is not None, place
    if act == "getModelSchema":  # the node finds its schemas by the ends of their names
        schemas = response.json()["models"][0]["openapi"]["components"]["schemas"]
        (taken,) = (schemas[name] for name in schemas if name.endswith("Input"))
        assert "prompt" in taken["properties"]


def test_n8ns_http_node_lists_reads_the_schema_runs_and_follows(synced, user):
    """A row of nodes "HTTP Request"; each takes its address from the one before."""
    _, secret = tokens.create(user, "n8n", ["read", "run"])
    n8n = Client(headers={"Authorization": f"Key {secret}"})

    def follow(address: str) -> Any:
        parts = urlsplit(address)
        assert parts.netloc == "testserver"
        return n8n.get(parts.path)

    listed = n8n.get(MODELS, {"q": "flux dev", "category": "text-to-image"}).json()
    model = listed["models"][0]["endpoint_id"]
    (entry,) = n8n.get(MODELS, {"endpoint_id": model, "expand": "openapi-3.0"}).json()["models"]
    assert "prompt" in json.dumps(entry["openapi"])
    queue = f"/api/fal/queue/{model}"
    handle = n8n.post(queue, {"prompt": "a cat"}, content_type="application/json").json()
    assert follow(handle["status_url"]).json()["status"] == "IN_QUEUE"
    run = Run.objects.get()
    assert (run.endpoint.endpoint_id, run.arguments) == (model, {"prompt": "a cat"})
    state_machine.record(run.pk, Observation("running"))
    assert follow(handle["status_url"]).json()["status"] == "IN_PROGRESS"
    output = {"images": [{"url": "https://v3.fal.media/files/x/cat.png"}]}
    state_machine.record(run.pk, Observation("succeeded", output=output))
    assert follow(handle["status_url"]).json()["status"] == "COMPLETED"
    assert follow(handle["response_url"]).json() == output
