"""The admin for curators: every list and form opens, and none reads the document of a schema."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client, RequestFactory
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
def test_admin_pages_load_no_document_and_no_inline_script(
    admin_client: Client, rows: Endpoint, name: str
) -> None:
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


def test_a_change_is_readable_in_the_admin(admin_client: Client, rows: Endpoint) -> None:
    html = admin_client.get("/admin/catalog/change/?q=flux").content.decode()
    assert "seed is new (and 1 more)" in html
    assert admin_client.get("/admin/catalog/change/add/").status_code == 403


def test_the_admin_cannot_create_or_delete_endpoints(admin_client: Client, rows: Endpoint) -> None:
    assert admin_client.get("/admin/catalog/endpoint/add/").status_code == 403
    assert admin_client.post(f"/admin/catalog/endpoint/{rows.pk}/delete/").status_code == 403
    assert admin_client.get("/admin/catalog/syncreport/add/").status_code == 403


NONSENSE = ("x", "1,x", "9" * 30, "\0", "2026-13-99")


def test_forms_for_new_rows_open_with_any_address(admin_client: Client) -> None:
    for model in admin.site._registry:
        address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/add/"
        names = [field.name for field in model._meta.get_fields()]
        for value in NONSENSE:
            response = admin_client.get(address, dict.fromkeys(names, value))
            assert response.status_code in {200, 403}, (address, value)


def test_lists_open_with_any_address(admin_client: Client) -> None:
    for address in ("/admin/auth/user/?pk=", "/admin/catalog/favourite/?user__id__exact="):
        for value in NONSENSE:
            response = admin_client.get(address + value, follow=True)
            assert response.status_code == 200, address + value


def test_an_address_fills_in_a_new_row(admin_client: Client, rows: Endpoint) -> None:
    html = admin_client.get(f"/admin/catalog/favourite/add/?endpoint={rows.pk}&user=x").content
    assert f'<option value="{rows.pk}" selected>' in html.decode()


def test_a_curator_can_build_an_ordered_collection(
    admin_client: Client, make_endpoint: Make
) -> None:
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


LIST = "/admin/catalog/endpoint/"


def act(client: Client, action: str, *endpoints: Endpoint, **more: str) -> Any:
    picked = [str(endpoint.pk) for endpoint in endpoints]
    return client.post(LIST, {"action": action, "_selected_action": picked, **more}, follow=True)


def test_many_models_can_be_marked_at_once(
    admin_client: Client, admin_user: Any, make_endpoint: Make
) -> None:
    endpoints = [make_endpoint(f"a/{n}") for n in range(3)]
    for action, mark in (
        ("approve", "approved"),
        ("mark_experimental", "experimental"),
        ("clear_standing", ""),
    ):
        html = act(admin_client, action, *endpoints[:2]).content.decode()
        assert "2 models" in html
        for endpoint in endpoints:
            endpoint.refresh_from_db()
        assert [endpoint.standing for endpoint in endpoints] == [mark, mark, ""]
    assert endpoints[0].standing_by is None


def test_blocking_requires_a_reason(
    admin_client: Client, admin_user: Any, make_endpoint: Make
) -> None:
    endpoints = [make_endpoint(f"a/{n}") for n in range(2)]
    between = act(admin_client, "block", *endpoints).content.decode()
    assert "Why they are blocked" in between
    assert "a/1" in between
    assert not Endpoint.objects.filter(standing="blocked").exists()
    assert "Say why" in act(admin_client, "block", *endpoints, go="1", reason=" ").content.decode()
    act(admin_client, "block", *endpoints, go="1", reason="Too dear")
    assert Endpoint.objects.filter(standing_reason="Too dear", standing_by=admin_user).count() == 2


def test_all_results_of_a_list_can_be_marked(admin_client: Client, make_endpoint: Make) -> None:
    endpoints = [make_endpoint(f"a/{n}") for n in range(120)]
    other = make_endpoint("b/other")
    data = {"action": "block", "_selected_action": [str(endpoints[0].pk)], "select_across": "1"}
    between = admin_client.post(f"{LIST}?q=a%2F", data).content.decode()
    assert "120 models" in between
    assert 'name="select_across" value="1"' in between
    assert f'href="{LIST}?q=a%2F">Cancel' in between
    admin_client.post(f"{LIST}?q=a%2F", {**data, "go": "1", "reason": "Why"})
    assert Endpoint.objects.filter(standing="blocked").count() == 120
    other.refresh_from_db()
    assert other.standing == ""


def test_many_models_can_be_collected_at_once(admin_client: Client, make_endpoint: Make) -> None:
    endpoints = [make_endpoint(f"a/{n}") for n in range(3)]
    best = Collection.objects.create(slug="best", title="Best")
    CollectionItem.objects.create(collection=best, endpoint=endpoints[1], note="first")
    assert "Best" in act(admin_client, "collect", *endpoints).content.decode()
    assert (
        "Choose a collection" in act(admin_client, "collect", *endpoints, go="1").content.decode()
    )
    html = act(
        admin_client, "collect", *endpoints, go="1", collection=str(best.pk)
    ).content.decode()
    assert "2 models added" in html
    assert [item.endpoint.endpoint_id for item in best.items.all()] == ["a/1", "a/0", "a/2"]


@pytest.mark.parametrize(
    "action", ["approve", "mark_experimental", "block", "clear_standing", "collect"]
)
def test_a_viewer_cannot_change_models(
    client: Client, django_user_model: Any, make_endpoint: Make, action: str
) -> None:
    endpoint = make_endpoint("a/0", standing="approved")
    best = Collection.objects.create(slug="best", title="Best")
    looker = django_user_model.objects.create_user("looker", password="-", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_endpoint"))
    client.force_login(looker)
    assert client.get(LIST).status_code == 200
    act(client, action, endpoint, go="1", reason="Why", collection=str(best.pk))
    endpoint.refresh_from_db()
    assert endpoint.standing == "approved"
    assert not best.items.exists()


KEYS = ["abc", "", "1.5", "-", "3x", "\x00", "9" * 30, "9" * 5000, "-1"]


@pytest.mark.parametrize("key", sample(KEYS, 1, by_seed=1))
@pytest.mark.parametrize(
    ("address", "action"),
    [
        (LIST, "approve"),
        ("/admin/catalog/collection/", "export"),
        ("/admin/catalog/favourite/", "delete_selected"),
        ("/admin/playground/preset/", "delete_selected"),
    ],
)
def test_an_invalid_row_key_is_reported_and_changes_nothing(
    admin_client: Client, rows: Endpoint, address: str, action: str, key: str
) -> None:
    data = {"action": action, "_selected_action": [str(rows.pk), key], "post": "yes"}
    if key != "-1":  # "-1" is a valid key, but of no row
        assert "Nothing was done" in admin_client.post(address, data, follow=True).content.decode()
        rows.refresh_from_db()
        assert rows.standing == ""
    else:
        assert admin_client.post(address, data, follow=True).status_code == 200


def test_the_admin_limits_a_collection_like_its_own_page(
    rf: RequestFactory, admin_user: Any
) -> None:
    request = rf.get("/")
    request.user = admin_user
    formset = ItemInline(Collection, admin.site).get_formset(request)
    for count in (collection_editing.MOST_ITEMS, collection_editing.MOST_ITEMS + 1):
        # rows that the user has left empty
        posted = {f"items-{n}-position": "0" for n in range(count)}
        posted |= {"items-TOTAL_FORMS": str(count), "items-INITIAL_FORMS": "0"}
        is_fine = formset(posted, instance=Collection(), prefix="items").is_valid()
        assert is_fine == (count == collection_editing.MOST_ITEMS)


def test_a_collection_can_be_created_and_exported_in_the_admin(
    admin_client: Client, admin_user: Any, make_endpoint: Make
) -> None:
    for n in range(30):
        make_endpoint(f"a/{n}")
    form = admin_client.get("/admin/catalog/collection/add/").content.decode()
    assert "a/29" not in form  # the form has no list of all models for the choice of a cover
    admin_client.post(
        "/admin/catalog/collection/add/",
        {
            "slug": "best", "title": "Best", "description": "", "position": "1",
            "items-TOTAL_FORMS": "0", "items-INITIAL_FORMS": "0",
        },
    )  # fmt: skip
    best = Collection.objects.get()
    assert best.owner == admin_user
    data = {"action": "export", "_selected_action": [str(best.pk)]}
    file = admin_client.post("/admin/catalog/collection/", data)
    assert [collection["slug"] for collection in file.json()["collections"]] == ["best"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"slug": "import"}, "“import” is the address of another page."),
        ({"description": "x" * 2001}, "Keep the description to 2000 characters"),
        ({"title": ""}, "This field is required."),
    ],
)
def test_an_invalid_collection_is_refused_in_the_admin_too(
    admin_client: Client, changes: dict[str, str], message: str
) -> None:
    fields = {
        "slug": "best", "title": " Very\x07 best ", "description": "", "position": "1",
        "items-TOTAL_FORMS": "0", "items-INITIAL_FORMS": "0",
    }  # fmt: skip
    page = admin_client.post("/admin/catalog/collection/add/", fields | changes)
    assert message in page.content.decode()
    assert not Collection.objects.exists()
    assert admin_client.post("/admin/catalog/collection/add/", fields).status_code == 302
    assert Collection.objects.get().title == "Very best"
