"""A browser gets an unchanged page only once, and a changed page always."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Collection, CollectionItem, Endpoint
from tests.tables import each_row

Make = Callable[..., Endpoint]
PAGES = ["/", "/models/", "/models/?q=flux", "/categories/text-to-image/", "/collections/best/"]


@pytest.fixture
def listed_model(make_endpoint: Make) -> Endpoint:
    endpoint = make_endpoint()
    best = Collection.objects.create(slug="best", title="Best")
    CollectionItem.objects.create(collection=best, endpoint=endpoint)
    return endpoint


def request_again(client: Client, address: str, first: Any) -> Any:
    return client.get(address, headers={"If-None-Match": first.headers["ETag"]})


@each_row("address", PAGES)
def test_an_unchanged_page_is_answered_with_304(member, listed_model, address):
    member.get(address)
    first = member.get(address)
    second = request_again(member, address, first)
    assert (second.status_code, second.content) == (304, b"")
    assert second.headers["ETag"] == first.headers["ETag"]
    assert second.headers["Cache-Control"] == first.headers["Cache-Control"] == "private, no-cache"
    csp = "Content-Security-Policy"
    assert second.headers[csp] == first.headers[csp]
    assert "Cookie" in second.headers["Vary"]


@pytest.mark.parametrize("address", PAGES)
def test_any_visible_change_changes_the_etag(member, user, listed_model, address):
    def renamed() -> None:
        Endpoint.objects.update(display_name="Renamed")

    def star_model() -> None:
        member.post("/favourites/", {"star": listed_model.endpoint_id})

    def in_the_dark() -> None:
        member.cookies["vitrine_theme_8000"] = "dark"

    def promoted() -> None:
        User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)

    member.get(address)
    for change in (renamed, star_model, in_the_dark, promoted):
        first = member.get(address)
        change()
        assert request_again(member, address, first).status_code == 200, change.__name__


def test_the_etag_of_another_user_does_not_match(member, stranger, listed_model):
    first = member.get("/models/")
    other = Client()
    other.force_login(stranger)
    assert request_again(other, "/models/", first).status_code == 200
    assert request_again(Client(), "/models/", first).status_code == 302


def test_forms_of_a_cached_page_can_still_be_sent(user, listed_model):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    browser.get("/models/")
    cached = browser.get("/models/")
    assert request_again(browser, "/models/", cached).status_code == 304
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', cached.content)
    assert token
    sent = {"star": listed_model.endpoint_id, "csrfmiddlewaretoken": token[1].decode()}
    assert browser.post("/favourites/", sent).status_code == 302


def test_a_new_csrf_secret_changes_the_etag(user, listed_model):
    """Otherwise the forms of the cached page would be refused."""
    browser = Client()
    browser.force_login(user)
    browser.get("/models/")
    cached = browser.get("/models/")
    del browser.cookies["vitrine_csrf_8000"]
    assert request_again(browser, "/models/", cached).status_code == 200


def test_a_fragment_has_no_etag(member, listed_model):
    """Its headers (the new address, the events) are needed with every answer."""
    assert "ETag" not in member.get("/models/", headers={"HX-Request": "true"}).headers
