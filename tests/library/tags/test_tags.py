"""Tags: put on and taken off by makers, seen by whoever sees the results, renamed, moved along."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from library.models import Tag, TaggedResult
from library.selection import Selection
from library.tags import editing, listing
from projects.models.project import private_project
from runs.models import Run
from runs.ownership import moving
from tests.accounts.audited import events
from tests.library.selected import keys, with_files
from tests.projects.people import logged_in, make_project, person, working_in

pytestmark = pytest.mark.django_db
HTMX = {"hx-request": "true"}


def tags_of(run: Run) -> dict[int, list[str]]:
    """Return the names of tags by the position of a run's result."""
    return {key.position: names for key, names in listing.of_results([run.pk]).items()}


def tag(client: Client, selected: list[str], typed: str, **more: str) -> Any:
    return client.post("/runs/tags/", {"artifact": selected, "tag": typed, **more}, headers=HTMX)


def test_results_are_tagged_with_several_words_and_untagged(member: Client, make_run: Any) -> None:
    run = with_files(make_run, 3)
    answer = tag(member, keys(run, 0, 2), " #Red  Fox, NIGHT,night, ")
    assert answer.status_code == 204
    assert "2 results are tagged “red fox”, “night”." in _toast(answer)
    assert tags_of(run) == {0: ["night", "red fox"], 2: ["night", "red fox"]}
    tag(member, keys(run, 0), "red fox", off="1")
    tag(member, keys(run, 0), "night")
    assert tags_of(run) == {0: ["night"], 2: ["night", "red fox"]}


def test_a_whole_run_and_a_run_without_files_are_tagged(member: Client, make_run: Any) -> None:
    pictures, words = with_files(make_run, 2), make_run(state="succeeded", output={"text": "x"})
    posted = {"run": [str(pictures.pk), str(words.pk)], "tag": "fox"}
    answer = member.post("/runs/tags/", posted, follow=True)
    assert answer.redirect_chain[-1][0] == "/runs/"
    assert "3 results are tagged “fox”." in answer.content.decode()
    assert tags_of(pictures) == {0: ["fox"], 1: ["fox"]}
    assert tags_of(words) == {0: ["fox"]}


def test_viewers_tag_nothing_and_others_work_stays_unseen(
    user: User, stranger: User, make_run: Any
) -> None:
    team = make_project("Team", **{user.username: "maker", stranger.username: "viewer"})
    shown, hidden = (
        with_files(make_run, project=team),
        with_files(make_run, project=team, is_hidden=True),
    )
    elsewhere = with_files(make_run, project=private_project(user))
    client = working_in(team, stranger)
    answer = tag(client, [*keys(shown, 0), *keys(hidden, 0), *keys(elsewhere, 0)], "fox")
    words = "Nothing was changed. 3 stay as they are: they are gone, or not yours to change."
    assert words in _toast(answer)
    assert not TaggedResult.objects.exists()
    maker = working_in(team, user)
    tag(maker, keys(shown, 0), "open")
    tag(maker, keys(hidden, 0), "secret")
    assert "secret" in maker.get("/tags/").content.decode()
    for address in ("/tags/", "/tags/offered/"):
        text = client.get(address).content.decode()
        assert "open" in text
        assert "secret" not in text
    secret = Tag.objects.get(name="secret")
    assert client.post(f"/tags/{secret.pk}/", {"name": "x"}).status_code == 404
    assert client.post(f"/tags/{Tag.objects.get(name='open').pk}/removal/").status_code == 403


def test_the_project_lists_renames_joins_removes_and_restores(
    member: Client, user: User, make_run: Any
) -> None:
    run = with_files(make_run, 3)
    tag(member, keys(run, 0, 1), "fox")
    tag(member, keys(run, 1, 2), "red fox")
    fox = Tag.objects.get(name="fox")
    page = html.unescape(member.get("/tags/").content.decode())
    assert "/runs/?q=tag%3A%22red%20fox%22" in page
    assert page.count("2 results") == 2
    said = member.post(f"/tags/{fox.pk}/", {"name": "Red fox"}, follow=True).content.decode()
    assert "has the results of both now" in said
    assert tags_of(run) == {0: ["red fox"], 1: ["red fox"], 2: ["red fox"]}
    red = Tag.objects.get()
    removed = member.post(f"/tags/{red.pk}/removal/", follow=True)
    assert "The tag is removed." in removed.content.decode()
    assert tags_of(run) == {}
    member.post("/tags/recovery/", {"tag": red.pk})
    assert len(tags_of(run)) == 3
    assert not events().filter(object_repr__contains="fox").exists()  # it is private


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (" , ", "Write a tag"),
        ("x" * 41, "Keep a tag to 40 characters"),
        (",".join(f"t{n}" for n in range(21)), "There are 21 tags; add at most 20 at once."),
    ],
)
def test_a_mistake_is_said_and_the_selection_stays(
    member: Client, make_run: Any, typed: str, sentence: str
) -> None:
    run = with_files(make_run)
    answer = member.post("/runs/tags/", {"artifact": keys(run, 1), "tag": typed})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert sentence in text
    assert f'value="{run.pk}/1"' in text
    assert sentence in _toast(tag(member, keys(run, 1), typed))
    nothing = member.post("/runs/tags/", {"tag": "fox"})
    assert nothing.status_code == 422
    assert "Nothing is selected." in nothing.content.decode()


def test_a_project_has_a_bounded_number_of_tags(
    member: Client, make_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(editing, "MAX_IN_PROJECT", 1)
    run = with_files(make_run)
    tag(member, keys(run, 0), "fox")
    assert "more than 1 tags" in _toast(tag(member, keys(run, 0), "owl"))
    assert tags_of(run) == {0: ["fox"]}


def test_tags_go_along_when_a_run_is_moved_and_come_back(user: User, make_run: Any) -> None:
    team = make_project("Team", **{user.username: "maker"})
    run = with_files(make_run)
    editing.put_on(user, Selection({run.pk: {1}}), ["fox"])
    record = moving.move(user, {Run: {run.pk}}, team)
    assert tags_of(run) == {1: ["fox"]}
    assert TaggedResult.objects.get().tag.project == team
    moving.undo(user, record)
    assert tags_of(run) == {1: ["fox"]}
    assert TaggedResult.objects.get().tag.project == private_project(user)


def test_the_page_of_a_run_shows_and_changes_its_tags(
    user: User, member: Client, make_run: Any
) -> None:
    team = make_project("Team", **{user.username: "maker", "vera": "viewer"})
    run = with_files(make_run, 2, project=team)
    address = f"/runs/{run.pk}/tags/"
    part = member.post(address, {"position": "1", "tag": "fox"}, headers=HTMX).content.decode()
    assert "#fox" in part
    assert tags_of(run) == {1: ["fox"]}
    assert member.post(address, {"position": "1", "tag": "fox", "off": "1"}).status_code == 302
    assert tags_of(run) == {}
    wrong = member.post(address, {"position": "7", "tag": "fox"}, headers=HTMX)
    assert wrong.status_code == 422
    assert "The run has no such result." in wrong.content.decode()
    viewer = logged_in(person("vera"))
    assert "Add a tag" not in viewer.get(address).content.decode()
    assert viewer.post(address, {"tag": "fox"}).status_code == 403
    assert logged_in(person("else")).get(address).status_code == 404


@pytest.mark.both_databases
def test_the_number_of_queries_does_not_grow(
    member: Client, make_run: Any, django_assert_max_num_queries: Any
) -> None:
    runs = [with_files(make_run) for _ in range(20)]
    for number, run in enumerate(runs):
        tag(member, keys(run, 0, 1), f"a, t{number}")
    with django_assert_max_num_queries(16):
        member.get("/tags/")
    with django_assert_max_num_queries(22):
        tag(member, [key for run in runs for key in keys(run, 0, 1)], "b, c")


def _toast(answer: Any) -> str:
    return str(answer.headers["HX-Trigger"]).encode().decode("unicode_escape")
