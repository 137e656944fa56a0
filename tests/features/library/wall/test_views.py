"""Views of results: saved from the search line, offered, found, changed, deleted and restored."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from projects.models.project import private_project
from runs.models import View
from tests.tables import each_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def view(user: User) -> View:
    return View.objects.create(
        user=user, project=private_project(user), name="Posters", line="fox out:image"
    )


def test_a_line_is_saved_under_a_name_and_is_the_address(member: Client, make_run: Any) -> None:
    fox, _ = make_run(title="a fox"), make_run(title="a heron")
    page = member.get("/runs/", {"q": "fox", "as": "list"})
    assert "/views/new/?line=fox" in page.content.decode()
    saved = member.post("/views/new/", {"name": "Foxes", "line": "fox"}, follow=True)
    view = View.objects.get()
    assert saved.redirect_chain[-1][0] == f"/runs/?view={view.pk}"
    assert [row.run for row in saved.context["runs"]] == [fox]
    assert "“Foxes” is saved" in saved.content.decode()
    # The view is offered above all results, and its line takes a further condition.
    assert f'href="/runs/?view={view.pk}"' in member.get("/runs/").content.decode()
    chips = saved.context["interpretation"].chips
    assert [(chip.label, chip.href) for chip in chips] == [("“fox”", "?")]


def test_a_view_is_found_and_renamed(member: Client, view: View) -> None:
    assert f"/views/{view.pk}/" in member.get("/jump/?q=poster").content.decode()
    assert member.get(f"/views/{view.pk}/").headers["Location"] == view.get_absolute_url()
    member.post(f"/views/{view.pk}/form/", {"name": "Best posters", "line": "fox starred"})
    view.refresh_from_db()
    assert (view.name, view.line) == ("Best posters", "fox starred")


@each_row(
    ("name", "line", "words"),
    [
        ("", "fox", "Give the view a name"),
        ("x" * 81, "fox", "Keep it to 80 characters: this has 81."),
        ("Foxes", " ", "A view needs words or a condition"),
        ("Foxes", "x" * 401, "Keep it to 400 characters"),
    ],
)
def test_what_cannot_be_saved_is_explained(
    member: Client, name: str, line: str, words: str
) -> None:
    response = member.post("/views/new/", {"name": name, "line": line})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not View.objects.exists()


def test_anothers_private_view_is_unknown(client: Client, stranger: User, view: View) -> None:
    client.force_login(stranger)
    assert client.get(f"/views/{view.pk}/").status_code == 404
    page = client.get("/runs/", {"view": str(view.pk)})
    assert "Posters" not in page.content.decode()
    assert not page.context["filters"].line.text


def test_a_view_whose_model_is_gone_says_so_and_opens(
    member: Client, user: User, make_run: Any, make_endpoint: Any
) -> None:
    gone = make_endpoint("old/press", gone_at=timezone.now())
    run = make_run(endpoint=gone, title="a print")
    for line, words in (
        ("model:old/press", "no longer listed; its results stay"),
        ("model:never/was", "No model is called “never/was”"),
    ):
        view = View.objects.create(user=user, project=private_project(user), name="Old", line=line)
        page = member.get("/runs/", {"view": str(view.pk), "as": "list"})
        assert words in page.content.decode()
        assert [row.run for row in page.context["runs"]] == [run] * ("old" in line)
