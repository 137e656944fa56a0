"""Views of models: stored in one spelling, with the number of new models, which it marks."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from catalog.curation import query_news
from catalog.models import Change, Endpoint, Favourite, SyncReport
from catalog.search.query import Query
from projects.models.project import private_project
from runs.models import View
from tests.projects.people import make_project

Make = Callable[..., Endpoint]
A_WEEK = timedelta(days=7)


@pytest.fixture
def catalogue(make_endpoint: Make) -> None:
    """Two models that make pictures and one that makes videos, all known for a long time."""
    for name, category in (
        ("one", "text-to-image"),
        ("two", "text-to-image"),
        ("film", "text-to-video"),
    ):
        make_endpoint(f"a/{name}", category=category)
    Endpoint.objects.update(first_seen_at=timezone.now() - timedelta(days=9))


def save(client: Client, line: str, name: str = "Pictures") -> Any:
    return client.post("/views/new/", {"of": "models", "line": line, "name": name})


def new_counts() -> list[tuple[str, int]]:
    user = User.objects.get(username="ana")
    views = list(View.objects.of_models(user))
    lines = [(view.line, view.seen_at or view.created_at) for view in views]
    return [*zip((view.name for view in views), query_news.counts(user, lines), strict=True)]


def test_a_search_page_offers_to_save_its_query(member: Client, catalogue: None) -> None:
    assert b"Save as a view" not in member.get("/models/").content
    for address in ("/models/?category=text-to-image&page=7", "/categories/text-to-image/"):
        page = member.get(address).content.decode()
        assert "/views/new/?of=models&amp;line=category%3Dtext-to-image" in page
    posted = {"of": "models", "line": "q=fox&category=text-to-image"}
    form = member.get("/views/new/", posted).content.decode()
    assert 'value="fox · Text to image"' in form
    assert 'value="q=fox&amp;category=text-to-image"' in form


def test_a_query_is_saved_in_canonical_form(member: Client, catalogue: None) -> None:
    save(member, "page=3&sort=&category=text-to-image&q=++a+b&nonsense=1")
    view = View.objects.get()
    assert (view.line, view.name) == ("q=a+b&category=text-to-image", "Pictures")
    assert "“Pictures” is saved" in member.get("/").content.decode()
    assert member.get("/").content.decode().count(">Pictures<") == 1
    # this page lists views of results only
    assert "Pictures" not in member.get("/runs/").content.decode()


def test_a_view_counts_new_models_until_they_are_seen(
    member: Client, catalogue: None, make_endpoint: Make
) -> None:
    save(member, "category=text-to-image")
    save(member, "category=text-to-video", "Films")
    assert new_counts() == [("Films", 0), ("Pictures", 0)]
    for name in ("new-1", "new-2"):
        make_endpoint(f"a/{name}", category="text-to-image", display_name=name)
    make_endpoint("a/gone", category="text-to-image", gone_at=timezone.now())
    assert new_counts() == [("Films", 0), ("Pictures", 2)]
    front = member.get("/").content.decode()
    assert "2 new" in front
    address = front.partition('class="view-links line"')[2].split('href="')[2].split('"')[0]
    for _ in range(2):  # a reload shows the same models as new
        page = member.get(address).content.decode()
        new = page.split("<h2")[1]
        assert 'data-endpoint-id="a/new-1"' in new
        assert 'data-endpoint-id="a/one"' not in new
        assert 'data-endpoint-id="a/one"' in page
    assert new_counts() == [("Films", 0), ("Pictures", 0)]
    assert "Nothing new since" in member.get(address.partition("?")[0]).content.decode()


@pytest.mark.parametrize(
    ("report", "is_told_again"),
    [
        ({"state": "running", "beat_at": 0}, True),
        ({"state": "running", "beat_at": 90}, False),  # the sync has died
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
    View.objects.update(seen_at=timezone.now() - timedelta(days=1))
    now = timezone.now()
    ago = {name: now - timedelta(seconds=n) for name, n in report.items() if name != "state"}
    report_row = SyncReport.objects.create(state=report["state"], **ago)
    SyncReport.objects.filter(pk=report_row.pk).update(
        started_at=timezone.now() - timedelta(minutes=3)
    )
    endpoint = make_endpoint("a/new")
    # the sync has not read the new model yet
    assert member.get(f"/views/{View.objects.get().pk}/").status_code == 200
    endpoint.facts = ["in:image"]
    endpoint.save()
    assert new_counts() == [("Pictures", int(is_told_again))]


def test_a_model_that_returns_is_new_again(
    member: Client, user: User, catalogue: None, make_endpoint: Make
) -> None:
    save(member, "category=text-to-image")
    for name in ("back", "back-and-gone"):
        endpoint = make_endpoint(f"a/{name}", category="text-to-image")
        Endpoint.objects.filter(pk=endpoint.pk).update(first_seen_at=timezone.now() - A_WEEK)
        for kind, days in (("back", 5), ("gone", 4)):
            at = timezone.now() - timedelta(days=days)
            Change.objects.create(endpoint=endpoint, kind=kind, at=at)
    assert new_counts() == [("Pictures", 0)]  # both changes happened before the view was saved
    Change.objects.bulk_create(
        Change(endpoint=endpoint, kind="back", at=timezone.now())
        for endpoint in Endpoint.objects.filter(endpoint_id__contains="back")
    )
    Endpoint.objects.filter(endpoint_id="a/back-and-gone").update(gone_at=timezone.now())
    make_endpoint("a/new", category="text-to-image")
    assert new_counts() == [("Pictures", 2)]
    view = View.objects.get()
    assert view.seen_at
    news = query_news.news(user, view.line, view.seen_at)
    assert [endpoint.endpoint_id for endpoint in news] == ["a/new", "a/back"]  # the newest first


def test_a_view_can_include_favourites(
    member: Client, user: User, catalogue: None, make_endpoint: Make
) -> None:
    save(member, "favourite=1")
    Favourite.objects.create(user=user, endpoint=make_endpoint("a/starred"))
    make_endpoint("a/plain")
    assert new_counts() == [("Pictures", 1)]


def test_a_view_of_models_is_renamed_and_deleted(member: Client, catalogue: None) -> None:
    save(member, "category=text-to-image")
    view = View.objects.get()
    page = f"/views/{view.pk}/"
    assert page in member.get("/").content.decode()  # the page that lists it
    assert f'href="{page}form/"' in member.get(page).content.decode()
    assert member.post(f"{page}form/", {"name": " Ours "}).headers["Location"] == page
    for name in ("", "x" * 81):
        answer = member.post(f"{page}form/", {"name": name})
        assert answer.status_code == 422
        assert b'role="alert"' in answer.content
    assert View.objects.get().name == "Ours"
    front = member.post(f"{page}deletion/", follow=True)
    assert front.redirect_chain[-1][0] == f"/?undo=view/{view.pk}"
    assert f'action="/undo/view/{view.pk}/"' in front.content.decode()
    assert page not in front.content.decode()


def test_a_member_sees_the_models_of_a_view_and_reads_no_news_away(
    client: Client, stranger: User, user: User, catalogue: None
) -> None:
    view = View.objects.create(
        user=user, project=private_project(user), of="models", name="Mine", line="category=x"
    )
    client.force_login(stranger)
    assert b"Mine" not in client.get("/").content
    assert client.get(f"/views/{view.pk}/").status_code == 404
    shared = make_project("Foxes", ana="manager", sam="viewer")
    View.objects.update(project=shared, seen_at=timezone.now() - A_WEEK)
    before = View.objects.get().seen_at
    page = client.get(f"/views/{view.pk}/").content.decode()
    assert "Mine" in page
    assert "Nothing new since" not in page
    assert View.objects.get().seen_at == before


FILTERS = st.tuples(st.sampled_from(["category", "tag", "in", "price"]), st.text(max_size=8))


@given(st.text(max_size=60), st.lists(FILTERS, max_size=4))
def test_the_canonical_form_of_a_query_is_stable(q: str, picked: list[tuple[str, str]]) -> None:
    query = Query(q=" ".join(q.split()), picked=frozenset(picked), page=3)
    params = query_news.params_of(query)
    again = query_news.query_of(params)
    assert query_news.params_of(again) == params
    assert again.page == 1
    assert len(query_news.in_words(again)) <= query_news.LONGEST_NAME
