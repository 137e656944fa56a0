"""Actions on selected results: star, delete, compare, make a board, use, select all found."""

import html
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from features.library import pictures, selection
from features.library.models import Series
from runs.models import Artifact, Run
from runs.ownership import deletion
from tests.features.boards import documents
from tests.features.library.selected import keys, with_files
from tests.projects.people import logged_in, make_project, person, working_in

pytestmark = pytest.mark.django_db
HTMX = {"hx-request": "true"}


def starred_positions(run: Run) -> list[int]:
    """Return the positions of a run's starred files."""
    return [*run.artifacts.filter(is_starred=True).values_list("position", flat=True)]


def toast(answer: Any) -> str:
    return str(json.loads(answer.headers["HX-Trigger"])["toast"]["text"])


@pytest.mark.both_databases
def test_results_are_starred_and_lose_their_stars(member, make_run):
    fox, words = with_files(make_run, 3), make_run(state="succeeded", output={"text": "x"})
    posted = {"artifact": keys(fox, 0, 2), "run": str(words.pk), "star": "1"}
    answer = member.post("/runs/stars/", posted, headers=HTMX)
    assert toast(answer) == "3 results are starred."
    assert starred_positions(fox) == [0, 2]
    assert set(Run.objects.filter(is_starred=True)) == {fox, words}
    member.post("/runs/stars/", {"artifact": keys(fox, 0), "star": "0"})
    assert starred_positions(fox) == [2]
    assert Run.objects.get(pk=fox.pk).is_starred
    member.post("/runs/stars/", {"run": [str(fox.pk), str(words.pk)], "star": "0"})
    assert not Run.objects.filter(is_starred=True).exists()
    assert not starred_positions(fox)


def test_a_verb_says_what_it_left_out(user, stranger, make_run):
    team = make_project("Team", **{user.username: "maker", stranger.username: "viewer"})
    theirs = with_files(make_run, 2, project=team)
    own = with_files(make_run, 1, project=team, user=stranger)
    viewer = working_in(team, stranger)
    posted = {"run": [str(theirs.pk), str(own.pk), str(uuid4())], "star": "1"}
    answer = viewer.post("/runs/stars/", posted, headers=HTMX)
    assert toast(answer).startswith("1 result is starred. 2 stay as they are: they are gone,")
    assert not starred_positions(theirs)
    gone = viewer.post("/runs/deletion/", {"run": [str(theirs.pk), str(own.pk)]}, follow=True)
    assert "Not deleted: 1 selected run. Only the person who started a run" in gone.content.decode()
    assert Run.objects.kept().get() == theirs
    assert viewer.post("/runs/deletion/", {"run": str(theirs.pk)}).status_code == 403


def test_all_that_is_found_is_taken_in_the_list_that_was_shown(user, make_run, monkeypatch):
    team = make_project("Team", **{user.username: "maker"})
    there = [with_files(make_run, 1, project=team, title=f"n{number}") for number in range(4)]
    with_files(make_run, 1)
    failed = make_run(state="failed", project=team)
    client = logged_in(user)
    query = f"project={team.slug}&before={there[0].created_at.isoformat()}"
    posted = {"all": "1", "filters": query, "named": "fox", "artifact": keys(there[0], 0)}
    to_series = f"/series/additions/?project={team.slug}"
    answer = client.post(to_series, posted, headers=HTMX)
    assert toast(answer) == "4 results are in the series “fox”."
    assert set(Series.objects.get().items.values_list("run", flat=True)) == {r.pk for r in there}
    count = client.get("/runs/count/", {"project": team.slug}).content.decode()
    assert "All 4 runs found" in " ".join(count.split())
    monkeypatch.setattr(selection, "MOST_FILES", 3)
    answer = client.post(to_series, {**posted, "named": "owl"}, headers=HTMX)
    message = "3 results are in the series “owl”. 1 older run of the list were left"
    assert toast(answer).startswith(message)
    assert client.post("/runs/archives/", posted, headers=HTMX).status_code == 422
    monkeypatch.setattr(deletion, "MOST_AT_ONCE", 2)
    message = client.post("/runs/deletion/", posted, follow=True).content.decode()
    assert "2 older runs of the list stay here: at most 2 can be deleted at once." in message
    assert {*Run.objects.kept().filter(project=team)} == {*there[:2], failed}


def test_nothing_found_and_foreign_lists_are_refused(member, make_run):
    nothing = member.post("/runs/stars/", {"all": "1", "filters": "q=nothing"}, headers=HTMX)
    assert nothing.status_code == 422
    assert "The list no longer finds anything." in toast(nothing)
    team = make_project("Team", ben="maker")
    with_files(make_run, 1, project=team, user=person("ben"))
    foreign = member.post("/runs/stars/", {"all": "1", "filters": f"project={team.slug}"})
    assert foreign.status_code == 403
    assert not Artifact.objects.filter(is_starred=True).exists()
    moved = member.post("/moves/", {"all": "1", "filters": ""})
    assert moved.status_code == 404


def test_two_or_more_are_compared_on_a_board(member, make_run):
    runs = [with_files(make_run, 1) for _ in range(2)]
    answer = member.post("/runs/comparison/", {"run": [str(run.pk) for run in runs]})
    assert urlsplit(answer.headers["Location"]).path == "/compare/new/"
    alone = member.post("/runs/comparison/", {"artifact": keys(runs[0], 0)})
    assert alone.status_code == 422


def test_a_board_is_planned_from_the_inputs_of_results(member, make_run, make_endpoint, stranger):
    flux = make_endpoint("lab/flux", documents.FLUX)
    runs = [
        with_files(make_run, 1, endpoint=flux, arguments={"prompt": prompt, "seed": 7})
        for prompt in ("a fox", "an owl", "a fox")
    ]
    foreign = with_files(make_run, 1, endpoint=flux, user=stranger, arguments={"prompt": "no"})
    posted = {"run": [str(run.pk) for run in (*runs, foreign)], "of": "inputs"}
    address = member.post("/runs/board/", posted).headers["Location"]
    page = member.get(address, follow=True)
    table = page.context["plan"].post["table"][0]
    assert [json.loads(line) for line in table.splitlines()] == [
        {"prompt": "a fox"}, {"prompt": "an owl"},
    ]  # fmt: skip
    assert [row.label for row in page.context["plan"].rows] == ["a fox", "an owl"]
    by_hand = member.get(f"{address}&result={foreign.pk}/0&result=nonsense", follow=True)
    text = html.unescape(by_hand.content.decode())
    assert "2 results were left out" in text
    assert "“no”" not in text


def test_several_pictures_fill_a_list_of_a_model(member, make_run, make_endpoint, user):
    run = with_files(make_run, 3)
    song = with_files(make_run, 0)
    Artifact.objects.create(run=song, position=0, path="x", kind="audio", url="https://a.test/a")
    answer = member.post("/runs/uses/", {"artifact": keys(run, 1)})
    assert answer.headers["Location"] == f"/runs/{run.pk}/artifacts/1/uses/"
    posted = {"artifact": [*keys(run, 2, 0), *keys(song, 0)]}
    page = member.post("/runs/uses/", posted, follow=True)
    assert parse_qs(urlsplit(page.redirect_chain[-1][0]).query)["artifact"] == keys(run, 0, 2)
    image = {"type": "string", "format": "uri", "ui": {"field": "image"}}
    fields = {"image_urls": {"type": "array", "maxItems": 2, "items": image, "title": "Images"}}
    sheet = make_endpoint("lab/sheet", documents.document(**fields))
    named = ",".join(keys(run, 2, 0, 1))
    filled = pictures.fill(user, sheet, f"{named}:image_urls.*")
    assert filled is not None
    assert filled.notice.startswith("“Images” now holds 2 pictures. 1 of the chosen ones")
    assert pictures.fill(user, sheet, f"{uuid4()}/0:image_urls.*") is None
