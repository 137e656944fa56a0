"""Views of results and of models: saved from a search, found, renamed; how many models are new."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from catalog.curation import query_news
from catalog.models import Endpoint
from projects.models.project import private_project
from runs.models import View
from tests.projects.people import make_project
from tests.tables import each_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def view(user: User) -> View:
    return View.objects.create(
        user=user, project=private_project(user), name="Posters", line="fox out:image"
    )


def test_a_line_is_saved_under_a_name_and_is_the_address(member, make_run):
    fox, _ = make_run(title="a fox"), make_run(title="a heron")
    page = member.get("/runs/", {"q": "fox", "as": "list"})
    assert "/views/new/?line=fox" in page.content.decode()
    saved = member.post("/views/new/", {"name": "Foxes", "line": "fox"}, follow=True)
    view = View.objects.get()
    assert saved.redirect_chain[-1][0] == f"/runs/?view={view.pk}"
    assert [row.run for row in saved.context["runs"]] == [fox]


def test_a_view_is_found_and_renamed(member, view):
    assert f"/views/{view.pk}/" in member.get("/jump/?q=poster").content.decode()
    assert member.get(f"/views/{view.pk}/").headers["Location"] == view.get_absolute_url()
    member.post(f"/views/{view.pk}/form/", {"name": "Best posters", "line": "fox starred"})
    view.refresh_from_db()
    assert (view.name, view.line) == ("Best posters", "fox starred")


@each_row(
    ("name", "line", "words"),
    [
        ("x" * 81, "fox", "Keep it to 80 characters: this has 81."),
        ("Foxes", " ", "A view needs words or a condition"),
    ],
)
def test_what_cannot_be_saved_is_explained(member, name, line, words):
    response = member.post("/views/new/", {"name": name, "line": line})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not View.objects.exists()


def test_anothers_private_view_is_unknown(client, stranger, view):
    client.force_login(stranger)
    assert client.get(f"/views/{view.pk}/").status_code == 404
    page = client.get("/runs/", {"view": str(view.pk)})
    assert "Posters" not in page.content.decode()
    assert not page.context["filters"].line.text


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


def test_a_query_is_saved_in_canonical_form(member, catalogue):
    save(member, "page=3&sort=&category=text-to-image&q=++a+b&nonsense=1")
    view = View.objects.get()
    assert (view.line, view.name) == ("q=a+b&category=text-to-image", "Pictures")


def test_a_view_counts_new_models_until_they_are_seen(member, catalogue, make_endpoint):
    save(member, "category=text-to-image")
    save(member, "category=text-to-video", "Films")
    assert new_counts() == [("Films", 0), ("Pictures", 0)]
    for name in ("new-1", "new-2"):
        make_endpoint(f"a/{name}", category="text-to-image", display_name=name)
    make_endpoint("a/gone", category="text-to-image", gone_at=timezone.now())
    assert new_counts() == [("Films", 0), ("Pictures", 2)]
    front = member.get("/").content.decode()
    address = front.partition('class="view-links line"')[2].split('href="')[2].split('"')[0]
    for _ in range(2):  # a reload shows the same models as new
        page = member.get(address).content.decode()
        new = page.split("<h2")[1]
        assert 'data-endpoint-id="a/new-1"' in new
        assert 'data-endpoint-id="a/one"' not in new
        assert 'data-endpoint-id="a/one"' in page
    assert new_counts() == [("Films", 0), ("Pictures", 0)]


def test_a_member_sees_the_models_of_a_view_and_reads_no_news_away(
    client, stranger, user, catalogue
):
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
    assert View.objects.get().seen_at == before
