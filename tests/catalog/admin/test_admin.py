"""The admin for curators: every list and form opens, and none reads the document of a schema."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.admin.collections import ItemInline
from catalog.curation import collection_editing
from catalog.models import Change, Collection, CollectionItem, Endpoint, Favourite, SyncReport
from schemas.changes.diff_lines import Line
from tests.sampling import sample

Make = Callable[..., Endpoint]


@pytest.fixture
def rows(make_endpoint: Make, admin_user: Any) -> Endpoint:
    endpoint = make_endpoint(document={"openapi": "3.0.4"}, unit_price_usd="0.025", currency="USD")
    collection = Collection.objects.create(slug="best", title="Best")
    CollectionItem.objects.create(collection=collection, endpoint=endpoint)
    Favourite.objects.create(user=admin_user, endpoint=endpoint)
    schema = endpoint.schema
    Change.objects.create(
        endpoint=endpoint,
        kind="schema",
        at=timezone.now(),
        was=schema,
        now=schema,
        lines=[Line("added", ("seed",), "is new").as_json()] * 2,
    )
    SyncReport.objects.create(
        state="done",
        new=["a/new"],
        changed=["a/changed"],
        gone=["a/gone"],
        failed=[["a/bad", "why <b>"]],
    )
    return endpoint


@pytest.mark.parametrize("name", ["endpoint", "collection", "favourite", "syncreport", "change"])
def test_admin_pages_load_no_document_and_no_inline_script(admin_client, rows, name):
    model = {
        "endpoint": Endpoint,
        "collection": Collection,
        "favourite": Favourite,
        "syncreport": SyncReport,
        "change": Change,
    }[name]
    pk = model._default_manager.values_list("pk", flat=True).get()
    for address in (f"/admin/catalog/{name}/", f"/admin/catalog/{name}/{pk}/change/"):
        with CaptureQueriesContext(connection) as queries:
            response = admin_client.get(address)
        assert response.status_code == 200
        assert not any('"document"' in query["sql"] for query in queries)
        html = response.content.decode()
        assert " onclick=" not in html
        assert "<style" not in html


def test_the_admin_cannot_create_or_delete_endpoints(admin_client, rows):
    assert admin_client.get("/admin/catalog/endpoint/add/").status_code == 403
    assert admin_client.post(f"/admin/catalog/endpoint/{rows.pk}/delete/").status_code == 403
    assert admin_client.get("/admin/catalog/syncreport/add/").status_code == 403


NONSENSE = ("x", "1,x", "9" * 30, "\0", "2026-13-99")


def test_forms_for_new_rows_open_with_any_address(admin_client):
    for model in admin.site._registry:
        address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/add/"
        names = [field.name for field in model._meta.get_fields()]
        for value in NONSENSE:
            response = admin_client.get(address, dict.fromkeys(names, value))
            assert response.status_code in {200, 403}, (address, value)


def test_a_curator_can_build_an_ordered_collection(admin_client, make_endpoint):
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
    items = CollectionItem.objects.for_cards().order_by("position")
    assert [item.endpoint.endpoint_id for item in items] == ["a/second", "a/first"]
    html = admin_client.get("/").content.decode()
    assert html.index("a/second") < html.index("a/first")


KEYS = ["abc", "", "1.5", "-", "3x", "\x00", "9" * 30, "9" * 5000, "-1"]


@pytest.mark.parametrize("key", sample(KEYS, 1, by_seed=1))
@pytest.mark.parametrize(
    ("address", "action"),
    [
        ("/admin/catalog/collection/", "export"),
        ("/admin/catalog/favourite/", "delete_selected"),
        ("/admin/playground/preset/", "delete_selected"),
    ],
)
def test_an_invalid_row_key_is_reported_and_changes_nothing(
    admin_client, rows, address, action, key
):
    data = {"action": action, "_selected_action": [str(rows.pk), key], "post": "yes"}
    if key != "-1":  # "-1" is a valid key, but of no row
        assert "Nothing was done" in admin_client.post(address, data, follow=True).content.decode()
    else:
        assert admin_client.post(address, data, follow=True).status_code == 200


def test_the_admin_limits_a_collection_like_its_own_page(rf, admin_user):
    request = rf.get("/")
    request.user = admin_user
    formset = ItemInline(Collection, admin.site).get_formset(request)
    for count in (collection_editing.MOST_ITEMS, collection_editing.MOST_ITEMS + 1):
        # rows that the user has left empty
        posted = {f"items-{n}-position": "0" for n in range(count)}
        posted |= {"items-TOTAL_FORMS": str(count), "items-INITIAL_FORMS": "0"}
        is_fine = formset(posted, instance=Collection(), prefix="items").is_valid()
        assert is_fine == (count == collection_editing.MOST_ITEMS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"slug": "import"}, "“import” is the address of another page."),
        ({"description": "x" * 2001}, "Keep the description to 2000 characters"),
        ({"title": ""}, "This field is required."),
    ],
)
def test_an_invalid_collection_is_refused_in_the_admin_too(admin_client, changes, message):
    fields = {
        "slug": "best", "title": " Very\x07 best ", "description": "", "position": "1",
        "items-TOTAL_FORMS": "0", "items-INITIAL_FORMS": "0",
    }  # fmt: skip
    page = admin_client.post("/admin/catalog/collection/add/", fields | changes)
    assert message in page.content.decode()
    assert not Collection.objects.exists()
    assert admin_client.post("/admin/catalog/collection/add/", fields).status_code == 302
    assert Collection.objects.get().title == "Very best"
