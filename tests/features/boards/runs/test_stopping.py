"""Stop, the cap, the size limit and deletion also stop runs that a request is just adding."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from features.boards.models import Board, Cell
from features.boards.plan.cells import expand
from features.boards.plan.from_board import new_cells, stored_plan
from features.boards.plan.plan import MAX_CELLS, Plan
from features.boards.runs import repeating, sending
from runs.models import Run
from runs.promises.named_inputs import unresolved
from runs.start.refused_starts import StartRefused
from tests.features.boards.racing import run_at_once, run_during

Planned = Callable[..., Plan]
Send = Callable[..., sending.SendingResult]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rows(plan_of: Planned) -> Callable[..., Plan]:
    """`rows("a", 20)`: a plan of 20 prompts that begin with "a"."""

    def make(name: str, count: int = 1, **more: str) -> Plan:
        texts = "\n".join(f"{name} {number}" for number in range(count))
        return plan_of("flux", row_field="prompt", row_values=texts, seeds="1", **more)

    return make


@pytest.fixture
def board(rows: Callable[..., Plan], send: Send) -> Board:
    """A board with one run, which has ended."""
    sent_board = send(rows("first")).board
    Run.objects.update(state="succeeded", billable_units="1")
    return Board.objects.get(pk=sent_board.pk)


@pytest.mark.system
def test_stop_cancels_runs_being_added(board, rows, send):
    message = run_during(
        lambda: send(rows("more", 80), board=board),
        lambda: repeating.stop(Board.objects.get(pk=board.pk), board.user),
    )
    assert message.startswith("80 waiting runs are cancelled")
    assert not Run.objects.filter(state="created").exists()


@pytest.mark.parametrize("deed", ["add", "failed", "cell", "held"])
def test_adds_under_way_during_stop_send_nothing(user, board, rows, send, deed):
    cell = board.cells.get()
    if deed in {"failed", "held"}:
        Run.objects.update(state="failed")
    if deed == "held":
        Cell.objects.update(run=None, not_sent="Too dear.")
    repeating.stop(Board.objects.get(pk=board.pk), board.user)
    deeds: dict[str, Callable[[Board], Any]] = {
        "add": lambda read: send(rows("more", 8), board=read),
        "failed": lambda read: repeating.repeat_failed(user, read),
        "cell": lambda read: repeating.repeat_cell(user, read, cell),
        "held": lambda read: repeating.send_held(user, read),
    }
    before = Run.objects.count()
    with pytest.raises(StartRefused, match="stopped"):
        deeds[deed](board)
    assert Run.objects.count() == before
    assert deeds[deed](Board.objects.get(pk=board.pk)).sent  # pressed again after Stop


def test_a_deleted_board_gets_no_more_runs(board, rows, send):
    Board.objects.update(deleted_at=timezone.now())
    with pytest.raises(StartRefused, match="deleted"):
        send(rows("more"), board=board)


@pytest.mark.system
def test_concurrent_adds_keep_the_board_within_its_size_limit(user, board, plan_of):
    plans = [
        plan_of(
            "flux",
            row_field="prompt",
            seeds="1-20",
            row_values="\n".join(f"{name} {number}" for number in range(7)),
        )
        for name in "abcdef"
    ]
    deeds = [partial(sending.run_plan, user, plan, expand(plan), "", board=board) for plan in plans]
    outcomes = run_at_once(deeds)
    assert sum(isinstance(outcome, sending.TooLarge) for outcome in outcomes) == 4
    assert board.cells.count() == Run.objects.count() == 281 <= MAX_CELLS


def test_a_lowered_cap_applies_to_earlier_plans(user, board, rows, send):
    """The API plans an addition from the board that it has read, with the cap of that moment."""
    more = stored_plan(board, rows=rows("more", 8).rows)
    expanded = new_cells(board, more, unresolved)
    send(rows("first", cap="0.03", title="Renamed"), board=board)
    sent = sending.run_plan(user, more, expanded, "", board=board)
    board.refresh_from_db()
    assert (board.cap_usd, board.title) == (Decimal("0.03"), "Renamed")
    assert (sent.sent, sent.held) == (2, 6)
