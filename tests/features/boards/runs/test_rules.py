"""A rule locks a model of a running board: its cells say so, and the board loses nothing."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from features.boards.models import Board, Cell
from features.boards.plan.cells import expand
from features.boards.plan.plan import Plan
from features.boards.runs import repeating, sending
from projects.models import Project, Rule
from runs.models import Run
from runs.start.refused_starts import Forbidden
from tests.features.pages import read_text
from tests.projects.people import make_project, working_in

pytestmark = pytest.mark.django_db
ROWS = {"row_field": "prompt", "row_values": "a cat\na dog"}
LOCKED = "turbo is locked by a rule of the project “Film”: “Forbid lab/turbo”. Too slow."


@pytest.fixture
def project(user: User) -> Project:
    return make_project("Film", ana="maker", mia="manager")


@pytest.fixture
def board(plan_of: Callable[..., Plan], user: User, project: Project) -> Board:
    """Two prompts on two models, all of them sent."""
    plan = plan_of(**ROWS)
    return sending.run_plan(user, plan, expand(plan), "t", project=project).board


def lock(project: Project) -> Rule:
    return Rule.objects.create(project=project, kind="id", value="lab/turbo", reason="Too slow")


def test_a_new_board_sends_what_is_open_and_says_why_in_the_other_cells(plan_of, user, project):
    rule = lock(project)
    plan = plan_of(**ROWS)
    sent = sending.run_plan(user, plan, expand(plan), "t", project=project)
    assert (sent.sent, sent.locked, sent.held) == (2, 2, 0)
    assert "2 sent, 2 not sent because of a rule. turbo is locked" in sent.summary
    cells = sent.board.cells.filter(column__endpoint__endpoint_id="lab/turbo")
    assert [cell.run for cell in cells] == [None, None]
    assert all(cell.not_sent.startswith(LOCKED) for cell in cells)
    page = read_text(working_in(project, user), sent.board.get_absolute_url())
    assert LOCKED in page
    rule.delete()  # without the rule, the same cells can be sent
    assert repeating.send_held(user, sent.board).sent == 2
    assert not sent.board.cells.exclude(not_sent="").exists()


def test_a_running_board_keeps_what_it_has(board, user, project, plan_of):
    before = set(board.cells.values_list("pk", "run", "not_sent"))
    lock(project)
    longer = plan_of(row_field="prompt", row_values="a cat\na dog\na fox")
    sent = sending.run_plan(user, longer, expand(longer), "", board=board)
    assert (sent.sent, sent.locked, sent.known) == (1, 1, 4)
    assert before < set(board.cells.values_list("pk", "run", "not_sent"))
    assert Cell.objects.exclude(not_sent="").get().not_sent.startswith(LOCKED)


def test_failed_cells_of_open_models_run_again_and_the_others_stay(board, user, project):
    Run.objects.update(state="failed")
    lock(project)
    sent = repeating.repeat_failed(user, board)
    assert (sent.sent, sent.locked) == (2, 2)
    assert "not sent because of a rule" in sent.summary
    turbo = board.cells.filter(replaced_at=None, column__endpoint__endpoint_id="lab/turbo")
    assert {cell.run.state for cell in turbo.select_related("run") if cell.run} == {"failed"}
    cell = turbo.first()
    assert cell
    with pytest.raises(Forbidden, match="Forbid lab/turbo"):
        repeating.repeat_cell(user, board, cell)
    cell.refresh_from_db()
    assert cell.replaced_at is None


def test_what_was_run_before_is_still_shown_instead_of_paid_again(board, user, project, plan_of):
    """Reused results start no run, so a rule cannot refuse them."""
    Run.objects.update(state="succeeded")
    seeded = plan_of(**ROWS, seeds="1")
    sending.run_plan(user, seeded, expand(seeded), "s", project=project)
    Run.objects.update(state="succeeded")
    lock(project)
    reused = plan_of(**ROWS, seeds="1", title="Again")
    sent = sending.run_plan(user, reused, expand(reused), "u", project=project)
    assert (sent.sent, sent.locked) == (0, 0)
    assert sent.reused == 4
