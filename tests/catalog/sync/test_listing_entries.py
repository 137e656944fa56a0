"""Each entry of the list is stored as it came, with unknown fields and exact numbers."""

import json
import re
from collections.abc import Callable
from html import unescape

import httpx
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.listed_columns import COLUMNS
from catalog.models import Change, Endpoint, Favourite, ListingEntry, SyncReport
from catalog.sync.upsert import entry_rules
from tests.catalog.cards import cards
from tests.catalog.upstream import error

RunSync = Callable[..., SyncReport]
UNKNOWN = {
    "mood": {"blue": [1, 2.50, 12345678901234567890123, None], "ключ": "значение \u2028 </script>"},
    "superseded": False,
}


def entry_of(endpoint_id: str) -> str:
    return ListingEntry.objects.get(endpoint__endpoint_id=endpoint_id).text


def test_unknown_fields_are_on_the_page_and_in_the_export(upstream, run_sync, member):
    upstream.add("a/odd", **UNKNOWN)
    upstream.add("a/plain")
    upstream.items["a/odd"]["beside_metadata"] = "kept too"
    run_sync()
    assert json.loads(entry_of("a/odd")) == upstream.items["a/odd"]
    assert entry_of("a/odd") == json.dumps(upstream.items["a/odd"])  # character by character
    html = unescape(member.get("/models/a/odd/?tab=schema").content.decode())
    for text in ('"mood": {', "12345678901234567890123", '"beside_metadata": "kept too"'):
        assert text in html
    exported = member.get("/catalogue/export/")
    assert exported.headers["Content-Disposition"] == 'attachment; filename="models.json"'
    assert json.loads(exported.content)["models"] == list(upstream.items.values())
    (model_entry,) = json.loads(member.get("/catalogue/export/?q=odd").content)["models"]
    assert model_entry["metadata"]["mood"] == UNKNOWN["mood"]


def test_an_entry_is_compared_by_its_digest(upstream, run_sync):
    upstream.add("a/one", "a/two")
    run_sync()
    with CaptureQueriesContext(connection) as queries:
        assert run_sync().changed == []
    assert not [q for q in queries if "catalog_listingentry" in q["sql"].lower()]
    upstream.items["a/one"]["metadata"]["mood"] = "green"
    assert run_sync().changed == ["a/one"]
    assert '"mood": "green"' in entry_of("a/one")
    Endpoint.objects.update(entry_digest="")  # as an older version wrote rows
    ListingEntry.objects.all().delete()
    assert run_sync().changed == []
    assert ListingEntry.objects.count() == 2


def test_a_new_column_is_read_from_entries_that_have_not_changed(upstream, run_sync, member):
    """A filter by a column that a new version has found nothing until upstream changed a model."""
    upstream.add("a/one", license_type="research", kind="training")
    run_sync()
    row = Endpoint.objects.get()
    content = row.entry_digest.rpartition(".")[2]
    for former in (f"1.{content}", f"{entry_rules(set(COLUMNS) - {'license_type'})}.{content}"):
        Endpoint.objects.update(license_type="", entry_digest=former)
        assert run_sync().changed == []
        assert not Change.objects.exists()
        row.refresh_from_db()
        assert row.license_type == "research"
        assert cards(member.get("/models/?q=license:research")) == ["a/one"]


def test_an_entry_without_metadata_keeps_the_known_values(upstream, run_sync):
    upstream.add("a/one", display_name="One", pinned=True)
    run_sync()
    upstream.items["a/one"] = {"endpoint_id": "a/one", "mood": 1}
    run_sync()
    row = Endpoint.objects.get()
    assert (row.display_name, row.pinned) == ("One", True)
    assert json.loads(entry_of("a/one")) == {"endpoint_id": "a/one", "mood": 1}


@pytest.mark.parametrize(
    "address", ["/", "/models/", "/models/?q=one", "/runs/", "/favourites/", "/models/a/one/"]
)
def test_no_list_loads_listing_entries(upstream, run_sync, member, address):
    upstream.add("a/one")
    run_sync()
    with CaptureQueriesContext(connection) as queries:
        assert member.get(address).status_code == 200
    assert not [q for q in queries if "catalog_listingentry" in q["sql"].lower()]


def test_pinned_and_highlighted_models_come_first(upstream, run_sync, member):
    upstream.add("a/plain", display_name="Same")
    upstream.add("a/light", display_name="Same", highlighted=True)
    upstream.add("a/pin", display_name="Same", pinned=True)
    run_sync()
    assert cards(member.get("/models/")) == ["a/pin", "a/light", "a/plain"]
    assert cards(member.get("/models/?q=is:pinned")) == ["a/pin"]
    assert cards(member.get("/models/?q=-is:pinned+is:highlighted")) == ["a/light"]
    assert cards(member.get("/models/?is=highlighted")) == ["a/light"]
    upstream.items["a/pin"]["metadata"]["pinned"] = False
    run_sync()
    assert cards(member.get("/models/"))[0] == "a/light"


def test_staff_can_import_the_accounts_favourites_and_undo_it(
    upstream, run_sync, admin_client, member
):
    upstream.add("a/one", "a/two", is_favorited=True)
    upstream.add("a/three", is_favorited=False)
    run_sync()
    assert "favourites that" not in member.get("/favourites/").content.decode()
    assert member.post("/favourites/account/").status_code == 404
    page = " ".join(admin_client.get("/favourites/").content.decode().split())
    assert "has starred 2 models that you have not" in page
    answer = admin_client.post("/favourites/account/")
    assert sorted(cards(admin_client.get(answer.headers["Location"]))) == ["a/one", "a/two"]
    page = admin_client.get(answer.headers["Location"]).content.decode()
    (undo,) = re.findall(r'"(/undo/favourite/[^"]+)"', page)
    member.post(undo)
    assert Favourite.objects.count() == 2
    admin_client.post(undo)
    assert Favourite.objects.count() == 0


def test_the_enterprise_status_is_stored_and_outlives_a_failed_expansion(
    upstream, run_sync, member
):
    upstream.add("a/ready", "a/silent")
    upstream.items["a/ready"]["enterprise_status"] = "ready"
    run_sync()
    assert cards(member.get("/models/?enterprise=ready")) == ["a/ready"]
    failure = {"error": {"code": "expansion_failed", "message": "try again"}}
    for later in (failure, None):
        upstream.items["a/ready"]["enterprise_status"] = later
        run_sync()
        assert cards(member.get("/models/?q=enterprise:ready")) == ["a/ready"]


def test_an_upstream_without_that_expansion_is_listed_without_it(upstream, run_sync):
    def refused(request: httpx.Request) -> httpx.Response | None:
        is_expanded = "enterprise_status" in request.url.params.get_list("expand")
        return error(400, "validation_error", "expand: unknown value") if is_expanded else None

    upstream.add("a/one")
    upstream.faults = [refused]
    assert run_sync().new == ["a/one"]
