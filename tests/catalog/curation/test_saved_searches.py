"""A saved search is kept in one spelling, says how many models are new in it, and shows which."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from catalog.curation import saved_searches
from catalog.models import Change, Endpoint, Favourite, SavedSearch, SyncReport
from catalog.search.query import Query
from tests.tables import each_row

Make = Callable[..., Endpoint]
HTMX = {"HX-Request": "true"}
A_WEEK = timedelta(days=7)


@pytest.fixture
def catalogue(make_endpoint: Make) -> None:
    """Two pictures' models and one of video, known for long."""
    for name, category in (
        ("one", "text-to-image"),
        ("two", "text-to-image"),
        ("film", "text-to-video"),
    ):
        make_endpoint(f"a/{name}", category=category)
    Endpoint.objects.update(first_seen_at=timezone.now() - timedelta(days=9))


def save(client: Client, params: str, name: str = "Pictures", **headers: str) -> Any:
    return client.post("/searches/", {"params": params, "name": name}, headers=headers)


def new_counts(client: Client) -> list[tuple[str, int]]:
    user = User.objects.get(username="ana")
    return [(entry.search.name, entry.new) for entry in saved_searches.listed(user)]


def test_a_search_page_offers_to_save_its_query(member: Client, catalogue: None) -> None:
    assert b"Save this search" not in member.get("/models/").content
    page = member.get("/models/?category=text-to-image&page=7").content.decode()
    assert "/searches/new/?category=text-to-image" in page
    assert (
        "/searches/new/?category=text-to-image"
        in member.get("/categories/text-to-image/").content.decode()
    )
    for headers in ({}, HTMX):
        form = member.get(
            "/searches/new/?q=fox&category=text-to-image", headers=headers
        ).content.decode()
        assert 'value="fox · Text to image"' in form
        assert 'value="q=fox&amp;category=text-to-image"' in form


def test_a_search_is_saved_once_in_canonical_form(member: Client, catalogue: None) -> None:
    answer = save(
        member, "page=3&sort=&category=text-to-image&q=++a+b&nonsense=1", hx_request="true"
    )
    assert answer.status_code == 200
    save(member, "q=a b&category=text-to-image", "Renamed")
    saved = SavedSearch.objects.get()
    assert (saved.params, saved.name) == ("q=a+b&category=text-to-image", "Renamed")


def test_a_saved_search_counts_new_models_until_they_are_seen(
    member: Client, user: User, catalogue: None, make_endpoint: Make
) -> None:
    save(member, "category=text-to-image")
    save(member, "category=text-to-video", "Films")
    assert new_counts(member) == [("Films", 0), ("Pictures", 0)]
    for name in ("new-1", "new-2"):
        make_endpoint(f"a/{name}", category="text-to-image", display_name=name)
    make_endpoint("a/gone", category="text-to-image", gone_at=timezone.now())
    assert new_counts(member) == [("Films", 0), ("Pictures", 2)]
    assert "2 new" in member.get("/searches/").content.decode()
    address = saved_searches.listed(user)[1].address
    for _ in range(2):  # a reload shows the same
        page = member.get(address).content.decode()
        new = page.split("<h2")[1]
        assert 'data-endpoint-id="a/new-1"' in new
        assert 'data-endpoint-id="a/one"' not in new
        assert 'data-endpoint-id="a/one"' in page
    assert new_counts(member) == [("Films", 0), ("Pictures", 0)]
    assert "Nothing new since" in member.get(address.partition("?")[0]).content.decode()


@pytest.mark.parametrize(
    ("report", "is_told_again"),
    [
        ({"state": "running", "beat_at": 0}, True),
        ({"state": "running", "beat_at": 90}, False),  # it has died
        ({"state": "done", "ended_at": 5}, True),
        ({"state": "done", "ended_at": 90}, False),
    ],
)
def test_models_still_being_read_are_new_at_the_next_visit(
    member: Client,
    catalogue: None,
    make_endpoint: Make,
    report: dict[str, Any],
    is_told_again: bool,
) -> None:
    save(member, "in=image")
    SavedSearch.objects.update(seen_at=timezone.now() - timedelta(days=1))
    now = timezone.now()
    ago = {name: now - timedelta(seconds=n) for name, n in report.items() if name != "state"}
    report_row = SyncReport.objects.create(state=report["state"], **ago)
    SyncReport.objects.filter(pk=report_row.pk).update(
        started_at=timezone.now() - timedelta(minutes=3)
    )
    endpoint = make_endpoint("a/new")
    saved = SavedSearch.objects.get()
    assert member.get(f"/searches/{saved.pk}/").status_code == 200  # before its document is read
    endpoint.facts = ["in:image"]
    endpoint.save()
    assert new_counts(member) == [("Pictures", int(is_told_again))]


def test_a_model_that_returns_is_new_again(
    member: Client, catalogue: None, make_endpoint: Make
) -> None:
    save(member, "category=text-to-image")
    for name in ("back", "back-and-gone"):
        endpoint = make_endpoint(f"a/{name}", category="text-to-image")
        Endpoint.objects.filter(pk=endpoint.pk).update(first_seen_at=timezone.now() - A_WEEK)
        for kind, days in (("back", 5), ("gone", 4)):
            at = timezone.now() - timedelta(days=days)
            Change.objects.create(endpoint=endpoint, kind=kind, at=at)
    assert new_counts(member) == [("Pictures", 0)]  # known already when the search was saved
    Change.objects.bulk_create(
        Change(endpoint=endpoint, kind="back", at=timezone.now())
        for endpoint in Endpoint.objects.filter(endpoint_id__contains="back")
    )
    Endpoint.objects.filter(endpoint_id="a/back-and-gone").update(gone_at=timezone.now())
    make_endpoint("a/new", category="text-to-image")
    assert new_counts(member) == [("Pictures", 2)]
    saved = SavedSearch.objects.get()
    news = saved_searches.news(saved, saved.seen_at)
    assert [endpoint.endpoint_id for endpoint in news] == ["a/new", "a/back"]  # the newest first


def test_a_saved_search_can_include_favourites(
    member: Client, user: User, catalogue: None, make_endpoint: Make
) -> None:
    save(member, "favourite=1")
    Favourite.objects.create(user=user, endpoint=make_endpoint("a/starred"))
    make_endpoint("a/plain")
    assert new_counts(member) == [("Pictures", 1)]


def test_a_saved_search_can_be_renamed_deleted_and_restored(
    member: Client, catalogue: None
) -> None:
    save(member, "category=text-to-image")
    saved = SavedSearch.objects.get()
    page = f"/searches/{saved.pk}/"
    assert b"Ours" in member.post(f"{page}name/", {"name": " Ours "}).content
    for name in ("", "x" * 81):
        answer = member.post(f"{page}name/", {"name": name}, headers=HTMX)
        assert answer.status_code == 422
        assert b'role="alert"' in answer.content
    gone = member.post(f"{page}deletion/", headers=HTMX).content.decode()
    assert not SavedSearch.objects.exists()
    signed = gone.split('name="search" value="')[1].split('"')[0]
    for _ in range(2):
        member.post("/searches/recovery/", {"search": signed})
    back = SavedSearch.objects.get()
    assert (back.name, back.params, back.seen_at) == ("Ours", saved.params, saved.seen_at)
    assert b"Nothing to bring back" in member.post("/searches/recovery/", {"search": "x"}).content


@each_row(("params", "name"), [("q=x", ""), ("q=x", "x" * 81)])
@each_row("headers", [{}, {"hx_request": "true"}], ids=["page", "fragment"])
def test_an_unsavable_search_is_reported(
    member: Client, db: None, params: str, name: str, headers: dict[str, str]
) -> None:
    answer = save(member, params, name, **headers)
    assert answer.status_code == 422
    assert b'role="alert"' in answer.content
    assert not SavedSearch.objects.exists()


def test_saved_searches_are_limited_per_person(member: Client, user: User) -> None:
    SavedSearch.objects.bulk_create(
        SavedSearch(user=user, name="x", params=f"q={n}", seen_at=timezone.now())
        for n in range(saved_searches.MOST)
    )
    assert save(member, "q=more").status_code == 422
    assert save(member, "q=3", "again").status_code == 302


def test_saved_searches_are_private(
    client: Client, stranger: User, user: User, catalogue: None
) -> None:
    mine = SavedSearch.objects.create(user=user, name="Mine", params="q=a", seen_at=timezone.now())
    signed = saved_searches.delete(mine)
    mine = SavedSearch.objects.create(user=user, name="Mine", params="q=a", seen_at=timezone.now())
    client.force_login(stranger)
    assert b"Mine" not in client.get("/searches/").content
    assert client.get(f"/searches/{mine.pk}/").status_code == 404
    for what in ("name", "deletion"):
        assert client.post(f"/searches/{mine.pk}/{what}/", {"name": "x"}).status_code == 404
    client.post("/searches/recovery/", {"search": signed})
    assert SavedSearch.objects.get() == mine


def test_saved_searches_take_as_many_queries_for_any_number(
    member: Client, user: User, catalogue: None, make_endpoint: Make
) -> None:
    used = []
    for count in (1, 30):
        SavedSearch.objects.all().delete()
        SavedSearch.objects.bulk_create(
            SavedSearch(user=user, name=f"s{n}", params=f"category=c{n}", seen_at=timezone.now())
            for n in range(count)
        )
        make_endpoint(f"a/new-{count}")
        member.get("/searches/", headers=HTMX)
        with CaptureQueriesContext(connection) as queries:
            member.get("/searches/", headers=HTMX)
        used.append(len(queries))
    assert used[0] == used[1] <= 7


FILTERS = st.tuples(st.sampled_from(["category", "tag", "in", "price"]), st.text(max_size=8))


@given(st.text(max_size=60), st.lists(FILTERS, max_size=4))
def test_the_canonical_form_of_a_search_is_stable(q: str, picked: list[tuple[str, str]]) -> None:
    query = Query(q=" ".join(q.split()), picked=frozenset(picked), page=3)
    params = saved_searches.params_of(query)
    again = Query.from_address(f"?{params}")
    assert saved_searches.params_of(again) == params
    assert again.page == 1
    assert len(saved_searches.suggested(again)) <= saved_searches.LONGEST_NAME
