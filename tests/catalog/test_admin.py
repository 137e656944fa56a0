"""The admin for curators: every list and form opens, and none reads a schema's document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Collection, CollectionItem, Endpoint, Favourite, SyncReport

Make = Callable[..., Endpoint]


@pytest.fixture
def rows(make_endpoint: Make, admin_user: Any) -> Endpoint:
    endpoint = make_endpoint(document={"openapi": "3.0.4"}, unit_price_usd="0.025", currency="USD")
    collection = Collection.objects.create(slug="best", title="Best")
    CollectionItem.objects.create(collection=collection, endpoint=endpoint)
    Favourite.objects.create(user=admin_user, endpoint=endpoint)
    SyncReport.objects.create(
        state="done",
        new=["a/new"],
        changed=["a/changed"],
        gone=["a/gone"],
        failed=[["a/bad", "why <b>"]],
    )
    return endpoint


@pytest.mark.parametrize("name", ["endpoint", "collection", "favourite", "syncreport"])
def test_lists_and_forms_open_without_a_document_and_without_inline_code(
    admin_client: Client, rows: Endpoint, name: str
) -> None:
    model = {
        "endpoint": Endpoint, "collection": Collection, "favourite": Favourite, "syncreport": SyncReport,
    }[name]  # fmt: skip
    pk = model._default_manager.values_list("pk", flat=True).get()
    for address in (f"/admin/catalog/{name}/", f"/admin/catalog/{name}/{pk}/change/"):
        with CaptureQueriesContext(connection) as queries:
            response = admin_client.get(address)
        assert response.status_code == 200
        assert not any('"document"' in query["sql"] for query in queries)
        html = response.content.decode()
        assert " onclick=" not in html
        assert "<style" not in html


def test_a_list_of_endpoints_costs_the_same_whatever_its_length(
    admin_client: Client, make_endpoint: Make
) -> None:
    used = []
    for owner, count in (("a", 3), ("b", 40)):
        for n in range(count):
            make_endpoint(f"{owner}/{n}", document={"n": n})
        with CaptureQueriesContext(connection) as queries:
            admin_client.get("/admin/catalog/endpoint/?q=a")
        used.append(len(queries))
    assert used[0] == used[1]


def test_a_report_can_be_read(admin_client: Client, rows: Endpoint) -> None:
    pk = SyncReport.objects.get().pk
    html = admin_client.get(f"/admin/catalog/syncreport/{pk}/change/").content.decode()
    for words in ("a/new", "a/changed", "a/gone", "a/bad: why &lt;b&gt;"):
        assert words in html


def test_endpoints_are_not_made_or_deleted_by_hand(admin_client: Client, rows: Endpoint) -> None:
    assert admin_client.get("/admin/catalog/endpoint/add/").status_code == 403
    assert admin_client.post(f"/admin/catalog/endpoint/{rows.pk}/delete/").status_code == 403
    assert admin_client.get("/admin/catalog/syncreport/add/").status_code == 403


def test_a_curator_builds_an_ordered_collection(admin_client: Client, make_endpoint: Make) -> None:
    first, second = make_endpoint("a/first"), make_endpoint("a/second")
    response = admin_client.post(
        "/admin/catalog/collection/add/",
        {
            "slug": "portraits", "title": "Portraits", "description": "", "position": "1",
            "is_published": "on", "items-TOTAL_FORMS": "2", "items-INITIAL_FORMS": "0",
            "items-0-endpoint": str(first.pk), "items-0-position": "2", "items-0-note": "good",
            "items-1-endpoint": str(second.pk), "items-1-position": "1", "items-1-note": "",
        },
    )  # fmt: skip
    assert response.status_code == 302
    shown = CollectionItem.objects.for_cards().order_by("position")
    assert [item.endpoint.endpoint_id for item in shown] == ["a/second", "a/first"]
    html = admin_client.get("/").content.decode()
    assert html.index("a/second") < html.index("a/first")


def test_an_endpoint_is_chosen_by_typing(admin_client: Client, make_endpoint: Make) -> None:
    make_endpoint("fal-ai/flux/dev")
    make_endpoint("fal-ai/other")
    response = admin_client.get(
        "/admin/autocomplete/?term=flux&app_label=catalog&model_name=collectionitem&field_name=endpoint"
    )
    assert [found["text"] for found in response.json()["results"]] == ["fal-ai/flux/dev"]
