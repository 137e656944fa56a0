"""Moving work between projects: what moves with it, who may move it, and the undo."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from core.refusals import Refused
from features.boards.models import Board, Cell, Column, Row
from features.flows.models import Flow, FlowRun
from features.flows.models.flow_run import StepRun
from features.library.models import Series, SeriesItem
from projects.models import Membership, Move, Project
from projects.models.project import private_project
from runs.models import InputFile, Preset, Run, Upload
from runs.ownership import moving
from tests.projects.people import make_project, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(user: User) -> Project:
    """A project with ana as maker, ben as manager and cleo as viewer."""
    return make_project("Acme", ana="maker", ben="manager", cleo="viewer")


def upload_of(user: User, project: Project, digest: str = "d") -> Upload:
    return Upload.objects.create(
        user=user,
        project=project,
        digest=digest,
        file="d/d.png",
        file_name="x.png",
        content_type="image/png",
        size_bytes=1,
    )


def board_with(run: Run, *, is_reused: bool = False) -> Board:
    values = {"user": run.user, "project": run.project, "source": run.endpoint}
    board = Board.objects.create(**values, form_token=uuid4().hex)
    row = Row.objects.create(board=board, position=0, digest="r")
    column = Column.objects.create(board=board, position=0, endpoint=run.endpoint, digest="c")
    Cell.objects.create(board=board, row=row, column=column, run=run, is_reused=is_reused)
    return board


def move(user: User, target: Project, **chosen: Any) -> Move:
    keys = {name: [str(row.pk)] for name, row in chosen.items()}
    return moving.move(user, moving.choose(user, keys), target)


def places(*rows: Any) -> set[str]:
    for row in rows:
        row.refresh_from_db()
    return {row.project.key for row in rows}


def test_a_run_goes_with_the_files_that_only_it_uses(make_run, user, acme):
    run, other = make_run(state="succeeded"), make_run(state="succeeded")
    alone, shared = (upload_of(user, run.project, digest) for digest in ("a", "b"))
    for upload, of in ((alone, run), (shared, run), (shared, other)):
        InputFile.objects.create(run=of, source=upload.pk)
    record = move(user, acme, run=run)
    assert places(run, alone) == {"acme"}
    assert places(other, shared) == {"private"}
    assert moving.counts_of(record) == ["1 run", "1 upload"]
    moving.undo(user, record)
    assert places(run, alone, other, shared) == {"private"}
    with pytest.raises(Refused, match="already been moved back"):
        moving.undo(user, record)


def test_everything_goes_with_what_was_made_of_it(make_run, make_endpoint, user, acme):
    of_cell, reused, of_step = (make_run(state="succeeded") for _ in range(3))
    board, borrowing = board_with(of_cell), board_with(reused, is_reused=True)
    endpoint = of_cell.endpoint
    flow = Flow.objects.create(user=user, name="f", definition={"steps": []})
    flow_run = FlowRun.objects.create(user=user, flow=flow, form_token="t", definition={})
    StepRun.objects.create(flow_run=flow_run, step="s1", run=of_step)
    picture = upload_of(user, private_project(user))
    series = Series.objects.create(user=user, name="s")
    SeriesItem.objects.create(series=series, upload=picture, place=0)
    preset = Preset.objects.create(user=user, endpoint=endpoint, name="p", arguments={})

    chosen = {"board": board, "flow": flow, "series": series, "preset": preset}
    record = move(user, acme, **chosen)
    gone = [board, of_cell, flow, flow_run, of_step, series, picture, preset]
    assert places(*gone) == {"acme"}
    assert places(borrowing, reused) == {"private"}
    move(user, acme, board=borrowing)
    assert places(borrowing) == {"acme"}
    assert places(reused) == {"private"}, "what a board has only borrowed stays"
    moving.undo(user, record)
    assert places(*gone) == {"private"}


def test_a_maker_moves_their_own_and_a_manager_everybodys(make_run, acme):
    ana, ben, cleo = person("ana"), person("ben"), person("cleo")
    other = make_project("Other", ana="maker", ben="maker", cleo="maker")
    of_ana, of_ben, of_cleo = (
        make_run(user=user, project=acme, state="succeeded") for user in (ana, ben, cleo)
    )
    for user, run in ((ana, of_ben), (cleo, of_cleo), (cleo, of_ana), (person("sam"), of_ana)):
        with pytest.raises(Refused):
            move(user, other, run=run)
    assert places(of_ana, of_ben, of_cleo) == {"acme"}
    move(ana, other, run=of_ana)
    move(ben, other, run=of_cleo)
    assert places(of_ana, of_cleo) == {"other"}


def test_nobodys_work_disappears_into_somebody_elses_private_project(make_run, acme):
    ben = person("ben")
    run = make_run(user=person("ana"), project=acme, state="succeeded")
    with pytest.raises(Refused, match="Only your own"):
        move(ben, private_project(ben), run=run)
    board = board_with(run)
    Board.objects.update(user=ben)
    record = move(ben, private_project(ben), board=board)
    assert places(board) == {"private"}
    assert places(run) == {"acme"}
    assert moving.counts_of(record) == ["1 board"]
    planned = moving.plan(ben, {Board: {board.pk}}, private_project(ben))
    assert planned.staying == 1


def test_hidden_work_of_others_is_not_moved_by_a_manager(make_run, acme):
    run = make_run(user=person("ana"), project=acme, is_hidden=True, state="succeeded")
    with pytest.raises(Refused):
        move(person("ben"), make_project("Other", ben="manager"), run=run)


def test_only_makers_put_something_into_a_project(make_run, user, acme):
    run = make_run(state="succeeded")
    looked_at = make_project("Gallery", ana="viewer", ben="manager")
    with pytest.raises(PermissionDenied, match="Ask ben"):
        move(user, looked_at, run=run)
    acme.archived_at = run.created_at
    acme.save()
    with pytest.raises(PermissionDenied, match="archived"):
        move(user, acme, run=run)
    assert places(run) == {"private"}


def test_a_move_cannot_be_undone_into_a_project_that_one_has_left(make_run, user, acme):
    run = make_run(project=acme, state="succeeded")
    record = move(user, private_project(user), run=run)
    Membership.objects.filter(user=user, project=acme).delete()
    with pytest.raises(PermissionDenied):
        moving.undo(user, record)
    assert places(run) == {"private"}


def test_the_page_says_what_goes_along_and_moves_it(make_run, member, user, acme):
    run = make_run(state="running")
    board = board_with(run)
    page = member.get("/moves/", {"board": str(board.pk)}).content.decode()
    assert "1 board, 1 run." in page
    assert "Unfinished runs continue" in page
    of_selection = member.post("/moves/", {"board": str(board.pk)})
    assert "1 board, 1 run." in of_selection.content.decode()
    refused = member.post("/moves/", {"board": str(board.pk), "target": "nowhere"})
    assert refused.status_code == 422
    moved = member.post("/moves/", {"board": str(board.pk), "target": "acme"}, follow=True)
    assert "Moved to Acme" in moved.content.decode()
    assert places(run, board) == {"acme"}
    page = member.get("/moves/", {"board": str(board.pk)}).content.decode()
    assert 'value="private"' in page
    back = member.post(f"{moved.request['PATH_INFO']}undoing/", follow=True)
    assert "Moved back" in back.content.decode()
    assert places(run, board) == {"private"}
    member.post("/moves/", {"board": str(board.pk), "target": "acme"})
    member.post("/moves/", {"board": str(board.pk), "target": "private"})
    assert places(run, board) == {"private"}
