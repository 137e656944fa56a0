"""New results of a page, a board or a project go to a series by themselves."""

import html
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from features.boards.models import Board
from features.library.models import Destination, Series, SeriesItem
from features.library.search.indexing import index_all
from features.library.series import items
from projects.models.project import private_project
from runs.models import Artifact, Run
from tests.features.boards import documents
from tests.projects.people import make_project, person, working_in

pytestmark = pytest.mark.django_db
FLUX = "lab/flux"


@pytest.fixture(autouse=True)
def flux(make_endpoint: Any) -> Any:
    return make_endpoint(FLUX, documents.FLUX)


@pytest.fixture
def spring(user: User) -> Series:
    return Series.objects.create(user=user, project=private_project(user), name="Spring")


def run(client: Client, token: str = "t", **post: Any) -> Run:
    client.post(f"/models/{FLUX}/", {"~token": token, "prompt": "a fox"} | post)
    return Run.objects.latest("created_at")


def end(run: Run, state: str = "succeeded", files: int = 0) -> None:
    for position in range(files):
        Artifact.objects.create(run=run, position=position, path="x", kind="image")
    Run.objects.filter(pk=run.pk).update(state=state)
    index_all()


def contents(series: Series) -> list[tuple[Any, int]]:
    return list(items.items_of(series).values_list("run_id", "position"))


def beside_run(client: Client) -> str:
    page = html.unescape(client.get(f"/models/{FLUX}/").content.decode())
    return " ".join(page.split('id="destination"')[1].split("</p>")[0].split())


def choose(client: Client, series: Series | None = None, query: str = f"?model={FLUX}") -> Any:
    posted = {"series": str(series.pk)} if series else {}
    return client.post(f"/series/destination/{query}", posted)


def test_results_of_a_page_go_there_until_it_is_ended(member, spring):
    assert "New results" not in beside_run(member)
    assert "Spring" in member.get(f"/series/destination/?model={FLUX}").content.decode()
    assert choose(member, spring).status_code == 302
    assert "New results go to" in beside_run(member)
    made = run(member)
    assert contents(spring) == [(made.pk, 0)]
    assert member.get(spring.get_absolute_url()).status_code == 200
    choose(member)
    assert not Destination.objects.exists()
    end(made, files=2)  # what was shown beside Run holds
    later = run(member, "u")
    end(later, files=1)
    assert contents(spring) == [(made.pk, 0), (made.pk, 1)]
    index_all()
    assert not SeriesItem.objects.filter(is_expected=True).exists()


def test_a_failed_run_and_one_that_was_taken_out_leave_nothing(member, spring):
    choose(member, spring, "")
    failed, removed = run(member), run(member, "u")
    item = items.items_of(spring).get(run=removed.pk)
    items.remove(spring, [item.pk])
    end(failed, "failed")
    end(removed, files=2)
    assert contents(spring) == []


def test_the_most_exact_destination_counts(member, user, spring, flux):
    of_page, of_board = (
        Series.objects.create(user=user, project=spring.project, name=name) for name in "ab"
    )
    choose(member, spring, "")
    choose(member, of_page)
    on_page = run(member)
    assert contents(of_page) == [(on_page.pk, 0)]
    plan = {"model": [FLUX], "planned": "1", "~token": "b", "~do": "run", "shared.prompt": "x"}
    member.post("/compare/new/", plan)
    board = Board.objects.get()
    assert contents(spring) == [(Run.objects.latest("created_at").pk, 0)]
    choose(member, of_board, f"?board={board.pk}")
    run(member, "v")
    more = {"planned": "1", "~token": "c", "~do": "run", "shared.prompt": "y", "model": [FLUX]}
    member.post(f"/compare/{board.pk}/plan/", more)
    assert contents(of_board) == [(Run.objects.latest("created_at").pk, 0)]


def test_a_series_of_others_cannot_be_chosen_and_a_hidden_run_stays_out(user):
    team = make_project("Team", **{user.username: "maker", "mia": "maker", "vera": "viewer"})
    series = Series.objects.create(user=user, project=team, name="Team's")
    private = Series.objects.create(user=user, project=private_project(user), name="Mine")
    mia = working_in(team, person("mia"))
    assert choose(mia, private, "").status_code == 422
    viewer = working_in(team, person("vera"))
    assert choose(viewer, series, "").status_code == 403
    choose(mia, series, "")
    shown = run(working_in(team, user))
    assert contents(series) == [(shown.pk, 0)]
    team.hides_new_runs = True
    team.save()
    run(mia, "u")
    assert contents(series) == [(shown.pk, 0)]
    assert "New results of this project go to" in beside_run(viewer)
