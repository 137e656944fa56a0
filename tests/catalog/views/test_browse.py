"""The gallery's pages: whole and as fragments, for all who may see them, at a constant cost."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import (
    Collection,
    CollectionItem,
    Endpoint,
    Favourite,
    Picture,
    Revision,
    SyncReport,
)
from tests.catalog.cards import Cards, cards

Make = Callable[..., Endpoint]
HTMX = {"HX-Request": "true"}
ADDRESS = "/favourites/"
STAR = {"star": "fal-ai/flux/dev"}
UNSTAR = {"unstar": "fal-ai/flux/dev"}


@pytest.fixture
def fill(make_endpoint: Make) -> Callable[[int], None]:
    """`fill(5)`: make a catalogue of five endpoints, all in one collection."""

    def make(count: int) -> None:
        best = Collection.objects.create(slug="best", title="Best")
        Endpoint.objects.bulk_create(
            Endpoint(
                endpoint_id=f"fal-ai/model-{n:03}",
                display_name=f"Model {n}",
                owner="fal-ai",
                category="vision",
                tags=["t", f"t{n}"],
                published_at=timezone.now(),
                position=n,
            )
            for n in range(count)
        )
        CollectionItem.objects.bulk_create(
            CollectionItem(collection=best, endpoint=endpoint, position=-n % 7)
            for n, endpoint in enumerate(Endpoint.objects.all())
        )
        SyncReport.objects.create(state="done")

    return make


@pytest.mark.parametrize("address", ["/", "/models/"])
def test_unchanged_cards_are_not_rendered_again(member, fill, address):
    fill(60)
    first = member.get(address).content
    with CaptureQueriesContext(connection) as queries:
        again = member.get(address).content
    assert cards_of(first) == cards_of(again)
    of_cards = [query["sql"] for query in queries if 'FROM "catalog_endpoint"' in query["sql"]]
    assert not any("thumbnail_url" in sql for sql in of_cards)
    Endpoint.objects.filter(endpoint_id="fal-ai/model-000").update(display_name="Renamed")
    assert b"Renamed" in member.get(address).content


def cards_of(html: bytes) -> list[str]:
    return Cards(html).found


@pytest.mark.parametrize("address", ["/", "/models/", "/models/?q=x"])
def test_an_empty_catalogue_gives_the_reason(member, address):
    html = member.get(address).content.decode()
    assert "The catalogue is still empty" in html
    assert 'hx-get="/catalogue/sync/' in html
    assert 'hx-trigger="every' in html


def test_a_running_sync_is_polled_until_it_ends(member, make_endpoint):
    SyncReport.objects.create(beat_at=timezone.now(), listed=7, schemas_due=7, schemas_done=3)
    before = Revision.current()
    html = member.get("/catalogue/sync/").content.decode()
    assert '<progress value="3" max="7"' in html
    assert "hx-trigger" in html
    make_endpoint()
    response = member.get(f"/catalogue/sync/?revision={before}", headers=HTMX)
    assert "catalogue:changed" in response.headers["HX-Trigger"]
    SyncReport.objects.update(state="done")
    response = member.get(f"/catalogue/sync/?revision={Revision.current()}", headers=HTMX)
    assert b"hx-trigger" not in response.content
    assert "HX-Trigger" not in response.headers


def test_cards_appear_during_the_first_sync(member, make_endpoint):
    SyncReport.objects.create(beat_at=timezone.now())
    assert 'hx-trigger="catalogue:changed from:body"' in member.get("/").content.decode()
    make_endpoint("fal-ai/first", published_at=timezone.now())
    fragment = member.get("/", headers=HTMX)
    assert cards(fragment) == ["fal-ai/first"]
    assert b"<html" not in fragment.content
    SyncReport.objects.update(state="done")
    assert "catalogue:changed from:body" not in member.get("/", headers=HTMX).content.decode()


@pytest.mark.parametrize("state", ["failed", "stopped"])
def test_a_failed_sync_shows_the_reason_and_what_to_do(member, state):
    SyncReport.objects.create(state=state, error="fal cannot be reached: no route")
    html = member.get("/").content.decode()
    assert "fal cannot be reached: no route" in html
    assert "manage.py sync_models" in html
    assert "every 1500ms" not in html


def test_an_interrupted_sync_is_not_shown_as_running(member):
    SyncReport.objects.create(beat_at=timezone.now() - timedelta(minutes=5))
    assert "The last sync was interrupted" in member.get("/").content.decode()


def test_a_card_shows_the_facts_people_choose_by(member, make_endpoint):
    make_endpoint(
        "fal-ai/flux/dev",
        display_name="FLUX <dev>",
        description="Fast & good.",
        picture=Picture.objects.create(
            digest="1", small="pictures/ab/abc-s.webp", colour="#102030"
        ),
        unit_price_usd="0.025",
        price_unit="megapixel",
        status="deprecated",
    )
    html = member.get("/models/").content.decode()
    assert '<article class="card" data-endpoint-id="fal-ai/flux/dev">' in html
    assert '<a href="/models/fal-ai/flux/dev/" title="FLUX &lt;dev&gt;"' in html
    assert '<svg aria-hidden="true" color="#102030"></svg><img src="/pictures/abc-s.webp"' in html
    for text in (
        "Fast &amp; good.",
        "Text to image",
        "$0.025",
        "/ image",
        "1 MP × $0.025",
        "Deprecated",
    ):
        assert text in html


def test_texts_from_upstream_are_escaped(member, make_endpoint):
    evil = "\"><script>alert(1)</script>'{{7*7}}"
    make_endpoint(
        "fal-ai/evil",
        display_name=evil,
        description=evil,
        tags=[evil, "b"],
        group_key=evil,
        license_type=evil[:32],
        price_unit=evil,
        unit_price_usd="1",
        thumbnail_url="https://x/" + evil,
    )
    make_endpoint("fal-ai/good", category="llm", group_key="g", license_type="l", kind="k")
    for address in ("/", "/models/", "/models/?q=%3Cscript%3E&tag=%3Cscript%3E"):
        html = member.get(address).content.decode()
        assert "<script>alert" not in html
        assert "<script>&" not in html


def test_a_fragment_is_the_part_of_the_page_that_changes(member, fill):
    fill(60)
    response = member.get("/models/?q=model&page=2", headers=HTMX)
    html = response.content.decode()
    assert "<html" not in html
    assert '<div class="results" id="results">' in html
    assert '<div hx-swap-oob="innerHTML:#facets">' in html
    assert "60 models for “model”" in html
    assert cards(response) == [f"fal-ai/model-{n:03}" for n in range(24, 48)]
    assert "HX-Request" in response.headers["Vary"]


@pytest.mark.parametrize(
    ("before", "header"),
    [
        ("/models/", "HX-Push-Url"),
        ("/models/?q=mod", "HX-Replace-Url"),
        ("/models/?q=mod&tag=t", "HX-Push-Url"),
        ("/models/?q=model", None),
    ],
)
def test_typing_a_query_adds_one_history_entry(member, fill, before, header):
    fill(3)
    address = "http://testserver" + before
    response = member.get(
        "/models/?q=model&sort=&status=", headers={**HTMX, "HX-Current-URL": address}
    )
    history_headers = {
        name: response.headers.get(name) for name in ("HX-Push-Url", "HX-Replace-Url")
    }
    assert {n: v for n, v in history_headers.items() if v} == (
        {header: "/models/?q=model"} if header else {}
    )


def test_page_links_keep_the_query(member, fill):
    fill(60)
    html = member.get("/models/?q=model&tag=t").content.decode()
    assert 'href="/models/?q=model&amp;tag=t&amp;page=2" rel="next"' in html
    last = member.get("/models/?q=model&tag=t&page=400")
    assert len(cards(last)) == 12
    assert 'aria-current="page" aria-label="Page 3"' in last.content.decode()


def test_a_category_page_searches_within_its_category(member, make_endpoint):
    make_endpoint("a/1", category="image-to-3d", kind="inference")
    make_endpoint("a/2", category="llm", kind="inference")
    response = member.get("/categories/image-to-3d/?category=llm")
    assert cards(response) == ["a/1"]
    html = response.content.decode()
    assert '<h1 id="heading">Image to 3D</h1>' in html
    assert 'name="category"' not in html
    assert member.get("/categories/nonsense/").status_code == 404


def test_a_collection_is_shown_in_the_curators_order(member, make_endpoint, fill):
    best = Collection.objects.create(slug="b", title="Best", description="Chosen by us.")
    for place, name in enumerate(["a/3", "a/1", "a/2"]):
        CollectionItem.objects.create(
            collection=best, endpoint=make_endpoint(name), position=place, note=f"Note {place}"
        )
    response = member.get("/collections/b/")
    assert cards(response) == ["a/3", "a/1", "a/2"]
    assert "Chosen by us." in response.content.decode()
    assert "Note 2" in response.content.decode()
    assert cards(member.get("/"))[:3] == ["a/3", "a/1", "a/2"]


def test_only_curators_see_a_collection_before_it_is_published(member, user, make_endpoint):
    draft = Collection.objects.create(slug="draft", title="Draft", is_published=False)
    CollectionItem.objects.create(collection=draft, endpoint=make_endpoint())
    assert member.get("/collections/draft/").status_code == 404
    assert b"Draft" not in member.get("/").content
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    response = member.get("/collections/draft/")
    assert response.status_code == 200
    assert b"draft" in response.content


def test_the_front_page_shows_collections_categories_news_and_favourites(member, user, fill):
    fill(20)
    Favourite.objects.create(
        user=user, endpoint=Endpoint.objects.get(endpoint_id="fal-ai/model-017")
    )
    html = member.get("/").content.decode()
    titles = (
        "20 models. Say",
        "Best<",
        "New<",
        "Starred",
        '<a href="/categories/">Categories<',
    )
    places = [html.index(title) for title in titles]
    assert places == sorted(places)
    assert '<a href="/categories/vision/">' in html
    assert "<small>20</small>" in html
    assert "Your latest results" not in html  # newcomers see models first


@pytest.mark.parametrize(
    "address",
    ["/models/", "/categories/", "/categories/vision/", "/collections/", "/collections/best/"],
)
def test_thumbnails_are_loaded_only_from_our_server(member, make_endpoint, address):
    make_endpoint(category="vision")
    Collection.objects.create(slug="best", title="Best")
    policy = member.get(address).headers["Content-Security-Policy"]
    assert "img-src 'self' data:;" in f"{policy};"
    assert "media-src 'self';" in f"{policy};"
    assert "https:" not in policy


def test_cards_and_price_order_use_the_same_typical_run(member, make_endpoint):
    film: Any = {"category": "text-to-video", "currency": "USD"}
    second = film | {"facts": ["out:video", "default-duration:5"], "price_unit": "seconds"}
    make_endpoint("a/by-second", unit_price_usd="0.0205", **second)
    make_endpoint("a/by-video", unit_price_usd="0.0523", price_unit="videos", **film)
    make_endpoint("a/by-unit", unit_price_usd="0.001", price_unit="units", **film)

    def cards(address: str) -> list[str]:
        html = " ".join(member.get(address).content.decode().split())
        priced = re.findall(r'data-endpoint-id="a/([a-z-]+)".*?<data[^>]*>(.*?)</data>', html)
        return [f"{name} {re.sub('<[^>]+>', '', price)}" for name, price in priced]

    assert cards("/models/?sort=price") == [
        "by-video $0.0523 / video",
        "by-second $0.10 / 5 s",
        "by-unit $0.001 / unit",
    ]
    assert cards("/models/?sort=price&duration=2..60") == []
    make_endpoint(
        "a/short",
        unit_price_usd="0.02",
        **second | {"facts": ["out:video", "default-duration:5", "duration:2-10"]},
    )
    assert cards("/models/?sort=price&duration=2..60") == ["short $0.04 / 2 s"]


# A star belongs to a person, survives a double click, and works without JavaScript.


def test_starring_without_script_returns_to_the_same_page(member, user, make_endpoint):
    make_endpoint()
    back = "http://testserver/models/?q=flux"
    for _ in range(2):  # a double click sets one star
        response = member.post(ADDRESS, STAR, headers={"Referer": back})
        assert (response.status_code, response.headers["Location"]) == (302, back)
    assert Favourite.objects.filter(user=user).count() == 1
    for _ in range(2):
        member.post(ADDRESS, UNSTAR)
    assert Favourite.objects.count() == 0


def test_starring_never_redirects_to_another_site(member, make_endpoint):
    make_endpoint()
    response = member.post(ADDRESS, STAR, headers={"Referer": "https://evil.example/"})
    assert response.headers["Location"] == "/"


def test_starring_with_htmx_is_announced_and_can_be_undone(member, make_endpoint):
    make_endpoint(display_name="FLUX.1 [dev]")
    response = member.post(ADDRESS, STAR, headers=HTMX)
    html = response.content.decode()
    assert "FLUX.1 [dev] is starred." in html
    assert 'name="unstar" value="fal-ai/flux/dev">Undo' in html
    assert "favourites:changed" in response.headers["HX-Trigger"]


def test_a_star_shows_on_the_card_and_in_the_filter(member, make_endpoint):
    make_endpoint()
    make_endpoint("fal-ai/other")
    member.post(ADDRESS, STAR)
    html = member.get("/models/").content.decode()
    assert html.count('aria-pressed="true"') == 1
    assert cards(member.get("/models/?favourite=1")) == ["fal-ai/flux/dev"]


def test_a_star_belongs_to_one_user(client, member, stranger, make_endpoint):
    make_endpoint()
    member.post(ADDRESS, STAR)
    other = Client()
    other.force_login(stranger)
    assert cards(other.get("/models/?favourite=1")) == []
    assert 'aria-pressed="true"' not in other.get("/models/").content.decode()


def test_starring_needs_a_login_a_post_and_a_known_endpoint(client, user, make_endpoint):
    make_endpoint()
    assert client.post(ADDRESS, STAR).status_code == 302
    client.force_login(user)
    assert client.post(ADDRESS, {"star": "fal-ai/absent"}).status_code == 404
    assert client.post(ADDRESS).status_code == 404
    assert Favourite.objects.count() == 0


def test_favourites_have_a_searchable_page(member, make_endpoint):
    assert "No starred models yet" in member.get(ADDRESS).content.decode()
    make_endpoint()
    make_endpoint("fal-ai/other", tags=["t"])
    make_endpoint("fal-ai/third")
    for name in ("fal-ai/flux/dev", "fal-ai/other"):
        member.post(ADDRESS, {"star": name})
    page = member.get(ADDRESS)
    assert sorted(cards(page)) == ["fal-ai/flux/dev", "fal-ai/other"]
    html = page.content.decode()
    assert '<h1 id="heading">Starred</h1>' in html
    assert 'name="favourite"' not in html
    assert "Save this search" not in html
    assert cards(member.get(f"{ADDRESS}?tag=t")) == ["fal-ai/other"]
    assert 'href="/favourites/"' in member.get(f"{ADDRESS}?tag=t").content.decode()
    assert 'href="/favourites/"' in member.get("/models/").content.decode()


@pytest.mark.parametrize(
    "values",
    [
        {"median_s": -5.0},
        {"duration_estimate_min": -1.0},
        {"unit_price_usd": Decimal("-0.5"), "price_unit": "images", "currency": "USD"},
        {"facts": ["time:soon", "duration:auto", "resolution:1080p@long", "price:?/s*5", "in:"]},
    ],
)
def test_no_value_of_one_model_breaks_the_gallery(member, make_endpoint, values):
    odd = make_endpoint("a/odd", display_name="Odd", category="vision", **values)
    make_endpoint("a/plain", display_name="Plain", category="vision", median_s=3.0)
    queries = ("sort=price", "sort=fastest", "time=<60", "price=<1", "duration=>=5", "q=odd")
    addresses = [*map("/models/?{}".format, queries), "/", "/models/", "/categories/vision/"]
    addresses += ["/models/?resolution=1080p&duration=>=5", odd.get_absolute_url()]
    for address in addresses:
        assert member.get(address).status_code == 200, address
    assert "a/plain" in cards(member.get("/models/?time=<60"))


def test_models_for_tests_are_in_a_gallery_only_if_asked_for(member, make_endpoint):
    make_endpoint("mischief/fail", display_name="Mishap", category="vision", tags=["test"])
    make_endpoint("a/sharp", display_name="Sharp", category="vision", tags=["new"])
    cases = [
        ("/models/", False), ("/models/?q=vision", False), ("/categories/vision/", False),
        ("/models/?q=-tag:test", False), ("/models/?q=tag:test", True), ("/models/?tag=test", True),
    ]  # fmt: skip
    wrong = [
        address
        for address, is_shown in cases
        if ("Mishap" in member.get(address).content.decode()) is not is_shown
    ]
    assert wrong == []
    assert "Sharp" in member.get("/categories/vision/").content.decode()
