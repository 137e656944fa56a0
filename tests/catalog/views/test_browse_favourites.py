"""A star is a person's own, survives a double click, and works without scripts."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Endpoint, Favourite
from tests.catalog.cards import cards

Make = Callable[..., Endpoint]
HTMX = {"HX-Request": "true"}
ADDRESS = "/favourites/"
STAR = {"star": "fal-ai/flux/dev"}
UNSTAR = {"unstar": "fal-ai/flux/dev"}


def test_starring_without_script_returns_to_the_same_page(
    member: Client, user: User, make_endpoint: Make
) -> None:
    make_endpoint()
    back = "http://testserver/models/?q=flux"
    for _ in range(2):  # a double click is one star
        response = member.post(ADDRESS, STAR, headers={"Referer": back})
        assert (response.status_code, response.headers["Location"]) == (302, back)
    assert Favourite.objects.filter(user=user).count() == 1
    for _ in range(2):
        member.post(ADDRESS, UNSTAR)
    assert Favourite.objects.count() == 0


def test_starring_never_redirects_to_another_site(member: Client, make_endpoint: Make) -> None:
    make_endpoint()
    response = member.post(ADDRESS, STAR, headers={"Referer": "https://evil.example/"})
    assert response.headers["Location"] == "/"


def test_starring_with_htmx_is_announced_and_can_be_undone(
    member: Client, make_endpoint: Make
) -> None:
    make_endpoint(display_name="FLUX.1 [dev]")
    response = member.post(ADDRESS, STAR, headers=HTMX)
    html = response.content.decode()
    assert "FLUX.1 [dev] is starred." in html
    assert 'name="unstar" value="fal-ai/flux/dev">Undo' in html
    assert "favourites:changed" in response.headers["HX-Trigger"]


def test_a_star_shows_on_the_card_and_in_the_filter(member: Client, make_endpoint: Make) -> None:
    make_endpoint()
    make_endpoint("fal-ai/other")
    member.post(ADDRESS, STAR)
    html = member.get("/models/").content.decode()
    assert html.count('aria-pressed="true"') == 1
    assert cards(member.get("/models/?favourite=1")) == ["fal-ai/flux/dev"]


def test_a_star_belongs_to_one_user(
    client: Client, member: Client, stranger: User, make_endpoint: Make
) -> None:
    make_endpoint()
    member.post(ADDRESS, STAR)
    other = Client()
    other.force_login(stranger)
    assert cards(other.get("/models/?favourite=1")) == []
    assert 'aria-pressed="true"' not in other.get("/models/").content.decode()


def test_starring_needs_a_login_a_post_and_a_known_endpoint(
    client: Client, user: User, make_endpoint: Make
) -> None:
    make_endpoint()
    assert client.post(ADDRESS, STAR).status_code == 302
    client.force_login(user)
    assert client.post(ADDRESS, {"star": "fal-ai/absent"}).status_code == 404
    assert client.post(ADDRESS).status_code == 404
    assert Favourite.objects.count() == 0


def test_favourites_have_a_searchable_page(member: Client, make_endpoint: Make) -> None:
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
