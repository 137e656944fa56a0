"""Models by the API: the same filters and facts as on the page, in pages with a cursor."""

from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict

from api.contract.components import validator
from catalog.models import Change, Favourite
from catalog.search import engine
from catalog.search.query import Query
from catalog.sync import post_sync
from features.spending.models import MeasuredPrice
from projects.models import Rule

pytestmark = pytest.mark.django_db
FLUX = "fal-ai/flux/dev"


@pytest.fixture
def many(make_endpoint: Any) -> list[str]:
    return [make_endpoint(f"fal-ai/upscale-{n}", position=n).endpoint_id for n in range(7)]


def test_search_returns_the_results_of_the_page(call, many, make_endpoint):
    make_endpoint("fal-ai/portrait", category="image-to-image")
    page = call("GET", "/models?q=upscale&category=text-to-image").json()
    answer = engine.search(Query.from_params(QueryDict("q=upscale&category=text-to-image")))
    assert [model["endpoint_id"] for model in page["items"]] == [
        endpoint.endpoint_id for endpoint in answer.endpoints
    ]
    assert page["total"] == answer.total == 7


def test_pages_of_a_search_follow_without_gap(call, many):
    for question in ("q=upscale", "sort=name", ""):
        seen, address = [], f"/models?{question}&limit=3"
        for _ in range(3):
            page = call("GET", address).json()
            seen += [model["endpoint_id"] for model in page["items"]]
            address = f"/models?{question}&limit=3&cursor={page['next_cursor']}"
        assert page["next_cursor"] is None
        assert sorted(seen) == sorted(many)


def test_a_model_that_a_rule_locks_is_not_runnable(call, many):
    Rule.objects.create(kind="id", value=many[0], reason="Not licensed")
    page = call("GET", "/models?q=upscale").json()
    assert {m["endpoint_id"] for m in page["items"] if not m["is_runnable"]} == {many[0]}
    details = call("GET", f"/models/{many[0]}").json()
    assert not details["is_runnable"]
    assert "is locked by a rule of the house" in details["refusal"]
    assert "Ask an admin of Vitrine" in details["refusal"]


def test_a_model_is_summarised(call, make_endpoint, documents):
    endpoint = make_endpoint(
        FLUX, documents[FLUX], unit_price_usd="0.02500000", price_unit="megapixels", currency="USD"
    )
    post_sync.run()
    details = call("GET", f"/models/{FLUX}").json()
    assert details["price"] == {
        "amount": "0.025", "currency": "USD", "unit": "megapixels", "text": "$0.025 per megapixel",
    }  # fmt: skip
    assert "prompt" in [model_input["name"] for model_input in details["inputs"]]
    (size,) = (
        model_input for model_input in details["inputs"] if model_input["name"] == "image_size"
    )
    assert "square_hd" in size["choices"]
    assert "image_size.width" in [model_input["name"] for model_input in details["inputs"]]
    assert details["example"]
    assert details["schema_digest"] == endpoint.schema_id


@pytest.mark.parametrize("path", ["models", "schemas"])
def test_every_real_model_can_be_read(call, make_endpoint, documents, path):
    for endpoint_id, document in documents.items():
        make_endpoint(endpoint_id, document)
        response = call("GET", f"/{path}/{endpoint_id}")
        assert response.status_code == 200, endpoint_id


def test_the_schema_is_upstreams_document(call, make_endpoint, documents):
    make_endpoint(FLUX, documents[FLUX])
    make_endpoint("fal-ai/bare")
    assert call("GET", f"/schemas/{FLUX}").json()["openapi"] == documents[FLUX]
    assert call("GET", "/schemas/fal-ai/bare").json()["openapi"] is None


def test_favourites_are_set_listed_and_removed(call, many, user):
    for endpoint_id in many[:3]:
        assert call("PUT", f"/favourites/{endpoint_id}").status_code == 204
    page = call("GET", "/favourites?limit=2").json()
    assert [model["endpoint_id"] for model in page["items"]] == [many[2], many[1]]
    assert call("GET", "/models?favourite=true").json()["total"] == 3
    assert call("DELETE", f"/favourites/{many[0]}").status_code == 204
    assert Favourite.objects.filter(user=user).count() == 2


def test_changes_are_listed_newest_first(call, make_endpoint, user):
    from django.utils import timezone

    endpoint, at = make_endpoint(FLUX), timezone.now()
    line = {"kind": "price", "side": "listing", "field": "", "said": "costs more"}
    for kind in ("new", "price", "schema"):
        Change.objects.create(endpoint=endpoint, kind=kind, at=at, lines=[line])
    seen, address = [], "/changes?limit=2"
    for _ in range(2):
        page = call("GET", address).json()
        seen += [change["kind"] for change in page["items"]]
        address = f"/changes?limit=2&cursor={page['next_cursor']}"
    assert seen == ["schema", "price", "new"]
    assert page["next_cursor"] is None
    assert len(call("GET", "/changes?kind=new").json()["items"]) == 1


GROUP = {
    "arguments": {"resolution": "4K"}, "count": 3, "median": "0.16", "low": "0.15",
    "high": "0.17", "said": "0.05",
}  # fmt: skip


@pytest.fixture
def prices(make_endpoint: Any) -> list[str]:
    """Seven measured models; the first differs most, the last has too few runs."""
    for number in range(7):
        endpoint = make_endpoint(
            f"acme/paint-{number}", unit_price_usd=Decimal("0.05"), price_unit="images"
        )
        MeasuredPrice.objects.create(
            endpoint=endpoint,
            unit="images",
            count=4 if number == 6 else 12,
            median=Decimal("0.08") - Decimal("0.005") * number,
            low=Decimal("0.05"),
            high=Decimal("0.08"),
            said=Decimal("0.05"),
            spread=Decimal("0.0125"),
            groups=[GROUP] if number == 0 else [],
            difference=Decimal("0.6") - Decimal("0.1") * number,
            is_used=number < 3,
        )
    return [f"acme/paint-{number}" for number in range(6)]


def ids(page: Any) -> list[str]:
    return [row["endpoint_id"] for row in page["items"]]


def test_the_list_has_what_the_page_shows(call, prices):
    page = call("GET", "/prices").json()
    validator("MeasuredPricePage").validate(page)
    assert ids(page) == prices
    first = page["items"][0]
    assert first["groups"] == [
        {
            "arguments": {"resolution": "4K"}, "runs": 3, "median": "0.16", "low": "0.15",
            "high": "0.17", "said": "0.05",
        }
    ]  # fmt: skip
    assert (first["median"], first["spread"], first["unit"]) == ("0.08", "0.0125", "image")


def test_words_and_differences_choose(call, prices):
    assert ids(call("GET", "/prices?q=paint-3").json()) == ["acme/paint-3"]
    assert ids(call("GET", "/prices?differs=true").json()) == prices[:3]
    assert ids(call("GET", "/prices?sort=price").json()) == prices[::-1]
    assert call("GET", "/prices?sort=nonsense").status_code == 422
    assert call("GET", "/prices?cursor=nonsense").status_code == 422
