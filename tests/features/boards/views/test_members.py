"""Boards in a shared project: which members see, run, change, judge and delete them."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from features.boards.display import watching
from features.boards.display.ballot import input_file
from features.boards.models import Board, Cell
from features.boards.plan.cells import expand
from features.boards.plan.plan import Plan
from features.boards.runs import sending
from projects.models import Membership, Project
from runs.models import Artifact, Run, Upload
from tests.features.boards.finishing import finish
from tests.features.pages import read_page
from tests.projects.people import logged_in, make_project, member_with, person, working_in

pytestmark = pytest.mark.django_db
NEW = "/compare/new/"
ROWS = {"row_field": "prompt", "row_values": "a cat\na dog"}


@pytest.fixture
def project(user: User) -> Project:
    """A project with a member of each role; Max is a second maker."""
    return make_project("Film", mia="maker", max="maker", vera="viewer", ana="manager")


@pytest.fixture
def board(plan_of: Callable[..., Plan], project: Project) -> Board:
    """A maker's board of two rows on two models, in the project."""
    plan = plan_of(**ROWS, title="Cats")
    mia = member_with(project, "maker")
    return sending.run_plan(mia, plan, expand(plan), "token", project=project).board


def browser(project: Project, name: str) -> Client:
    return working_in(project, person(name))


def posted_plan(**more: str) -> dict[str, Any]:
    values = {"model": ["lab/flux"], "planned": "1", "shared.prompt": "a fox", "reuse": "1"}
    return values | {"~do": "run", "~token": "drawn"} | more


def test_a_board_and_its_runs_live_in_the_project_of_the_address(project, models):
    mia = browser(project, "mia")
    read_page(mia, "/compare/?project=private")  # another tab switches to another project
    assert mia.post(f"{NEW}?project=film", posted_plan()).status_code == 302
    board, run = Board.objects.get(), Run.objects.get()
    assert (board.project, run.project) == (project, project)
    assert (board.is_hidden, run.is_hidden) == (False, False)
    assert mia.post(f"{NEW}?project=private", posted_plan(title="Mine")).status_code == 302
    assert Board.objects.filter(project__person=person("mia")).count() == 1
    # the run in the other project was not reused
    assert Run.objects.filter(project__person=person("mia")).count() == 1


def test_a_project_that_hides_new_runs_hides_its_boards(project, models):
    Project.objects.filter(pk=project.pk).update(hides_new_runs=True)
    browser(project, "mia").post(f"{NEW}?project=film", posted_plan())
    board, run = Board.objects.get(), Run.objects.get()
    assert (board.is_hidden, run.is_hidden) == (True, True)
    assert browser(project, "ana").get(board.get_absolute_url()).status_code == 404
    assert "a fox" not in read_page(browser(project, "ana"), "/compare/")


def test_a_viewer_may_plan_a_board_but_begin_none(project, models):
    vera = browser(project, "vera")
    page = read_page(vera, f"{NEW}?model=lab/flux&project=film")
    assert "data-refused" in page
    assert 'value="run"' not in page
    file = SimpleUploadedFile("fox.png", b"\x89PNG\r\n\x1a\n", "image/png")
    answer = vera.post(f"{NEW}?project=film", posted_plan() | {"shared.prompt~file": file})
    assert answer.status_code == 403
    kept = answer.content.decode()
    assert "data-refused" in kept
    assert "a fox" in kept
    assert not Board.objects.exists()
    assert not Run.objects.exists()
    assert not Upload.objects.exists()


def test_runs_are_those_of_who_pressed_and_live_beside_the_board(project, board, plan_of):
    max_ = browser(project, "max")
    plan = f"{board.get_absolute_url()}plan/"
    more = plan_of(**ROWS, seeds="7").post | {"~do": "run", "row-values": "a cat\na dog\na fox"}
    assert max_.post(plan, more | {"seeds": ""}).status_code == 302
    assert Run.objects.filter(user=person("max"), project=project).count() == 2
    finish("failed")
    assert max_.post(f"{board.get_absolute_url()}repetition/").status_code == 302
    assert Run.objects.unfinished().filter(user=person("max"), project=project).count() == 6
    finish()
    cell = board.cells.filter(replaced_at=None)[0]
    ana = browser(project, "ana")
    assert ana.post(f"{board.get_absolute_url()}cells/{cell.pk}/").status_code == 302
    assert Run.objects.get(user=person("ana")).project == project


def test_on_others_boards_a_maker_stops_only_what_they_began(project, board):
    run = Run.objects.order_by("pk")[0]
    Run.objects.filter(pk=run.pk).update(user=person("max"))
    browser(project, "max").post(f"{board.get_absolute_url()}cancellation/")
    assert [run.pk for run in Run.objects.filter(state="cancelled")] == [run.pk]
    browser(project, "ana").post(f"{board.get_absolute_url()}cancellation/")
    assert Run.objects.filter(state="cancelled").count() == 4


def test_a_board_of_an_archived_project_is_to_look_at(project, board):
    Project.objects.update(archived_at="2026-01-01T00:00:00Z")
    mia = logged_in(person("mia"))
    assert mia.post(f"{board.get_absolute_url()}repetition/").status_code == 403


def watch_of(client: Client, board: Board) -> dict[str, str]:
    watches = re.findall(r'data-watch="([^"]+)"', read_page(client, board.get_absolute_url()))
    (watch,) = {watch for watch in watches if "group" in watch}
    parsed: dict[str, str] = json.loads(watch.replace("&quot;", '"'))
    return parsed


def test_members_watch_a_boards_runs_until_they_are_removed(project, board):
    vera = person("vera")
    watch = watch_of(browser(project, "vera"), board)
    assert watch["group"] == f"board.{board.pk}.{vera.pk}"
    key = watch["group"].partition(".")[2]
    runs = set(Run.objects.values_list("pk", flat=True))
    assert set(watching.runs_of(key)) == runs
    hidden, elsewhere = Run.objects.all()[:2]
    Run.objects.filter(pk=hidden.pk).update(is_hidden=True)
    Run.objects.filter(pk=elsewhere.pk).update(project=person("mia").private_project)
    assert set(watching.runs_of(key)) == runs - {hidden.pk, elsewhere.pk}
    assert watching.runs_of(str(board.pk)) == []
    Membership.objects.filter(user=vera, project=project).delete()
    assert watching.runs_of(key) == []


def test_a_ballot_shows_a_file_that_members_may_read_and_no_private_one(
    project, board, stored_picture
):
    """A maker could name any file of the board's user in a row."""
    mia = person("mia")
    values = {
        "digest": "d",
        "file": stored_picture,
        "file_name": "a.png",
        "content_type": "image/png",
    }
    private, beside = (
        Upload.objects.create(user=mia, project=place, size_bytes=1, **values)
        for place in (mia.private_project, project)
    )
    assert input_file(board, beside.get_absolute_url())
    assert input_file(board, private.get_absolute_url()) is None
    own = Board.objects.create(user=mia, source=board.source, form_token="own")
    assert input_file(own, private.get_absolute_url())
    run = board.cells.all()[0].run
    assert run
    result = Artifact.objects.create(
        run=run, kind="image", state="stored", file=stored_picture, path="x", position=0
    )
    assert input_file(board, result.get_absolute_url())
    Run.objects.update(is_hidden=True)
    assert input_file(board, result.get_absolute_url()) is None


def test_reuse_keeps_to_the_project(project, board, plan_of):
    finish()
    plan, mia = plan_of(**ROWS), person("mia")
    beside = sending.run_plan(person("max"), plan, expand(plan), "a", project=project)
    private = sending.run_plan(mia, plan, expand(plan), "b")
    assert (beside.reused, beside.sent) == (4, 0)
    assert (private.reused, private.sent) == (0, 4)
    assert Cell.objects.filter(board=private.board, run__project=project).count() == 0
