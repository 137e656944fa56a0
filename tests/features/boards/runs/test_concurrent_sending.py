"""The cap and the reuse of runs hold while several tabs and workers act at once, on both databases.

Hypothesis plays random sequences of events of a board and compares each with the paid sum; in
another test, two threads press Run at the same moment.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from features.boards.models import Board, Cell
from features.boards.plan.cells import expand
from features.boards.plan.plan import Plan
from features.boards.runs import repeating, sending
from features.boards.runs.budget import committed
from runs.models import Run
from runs.state import state_machine
from runs.state.transitions import Observation
from tests.features.boards.racing import run_at_once
from tests.schemas import laws

pytestmark = pytest.mark.both_databases

Planned = Callable[..., Plan]
PRICE = Decimal("0.01")
ROWS = "\n".join(f"prompt {number}" for number in range(6))
DEEDS = ("plan", "more", "retry", "stop", "raise", "finish", "fail", "start", "delete")


@pytest.mark.django_db
@settings(max_examples=laws.cases(3))
@given(deeds=st.lists(st.sampled_from(DEEDS), max_size=12), cents=st.integers(1, 14))
def test_any_sequence_of_actions_keeps_a_board_within_its_cap(user, plan_of, deeds, cents):
    with transaction.atomic():
        _play(user, plan_of, deeds, cents)
        transaction.set_rollback(True)


def _play(user: User, plan_of: Planned, deeds: list[str], cents: int) -> None:
    cap = PRICE * cents

    def press(seeds: str = "1") -> Board:
        plan = plan_of("flux", row_field="prompt", row_values=ROWS, seeds=seeds, cap=str(cap))
        token = "" if board else "token"
        return sending.run_plan(user, plan, expand(plan), token, board=board).board

    board: Board | None = None
    board = press()
    for deed in deeds:
        board.refresh_from_db()  # each event is a request of its own, which reads the board again
        waiting = Run.objects.filter(state="created").order_by("created_at")
        if deed == "plan":
            press()
        elif deed == "more":
            press("1, 2")
        elif deed == "retry":
            repeating.repeat_failed(user, board)
        elif deed == "stop":
            repeating.stop(board, board.user)
        elif deed == "raise":
            cap += PRICE
            press()
        elif deed == "delete" and (ended := Run.objects.filter(state="succeeded").first()):
            ended.delete()
        elif first := waiting.first():
            state = {"finish": "succeeded", "fail": "failed", "start": "running"}.get(
                deed, "failed"
            )
            units = "1" if state == "succeeded" else ""
            seen = Observation(Run.State(state), billable_units=units, output={"images": []})
            state_machine.record(first.pk, seen)
        assert committed(board) <= cap
    _check(board)


def _check(board: Board) -> None:
    cells = board.cells.filter(replaced_at=None)
    places = cells.values_list("row", "column", "seed")
    assert len(set(places)) == len(places)
    own = [cell.run_id for cell in board.cells.filter(is_reused=False) if cell.run_id]
    assert len(set(own)) == len(own)
    assert all(cell.run_id or cell.not_sent for cell in cells.filter(run=None, not_sent__gt=""))


@pytest.mark.django_db(transaction=True)
def test_two_tabs_cannot_exceed_the_cap_together(user, plan_of):
    if connection.vendor == "sqlite" and "memory" in str(connection.settings_dict["NAME"]):
        raise AssertionError("the test needs a database that threads share")
    first = plan_of("flux", row_field="prompt", row_values="start", seeds="1", cap="0.05")
    board = sending.run_plan(user, first, expand(first), "token").board
    plans = [
        plan_of("flux", row_field="prompt", row_values=rows, seeds="1", cap="0.05")
        for rows in (ROWS, "\n".join(f"other {number}" for number in range(6)))
    ]
    run_at_once(
        [partial(sending.run_plan, user, plan, expand(plan), "", board=board) for plan in plans]
    )
    assert Run.objects.count() == 5
    assert Cell.objects.filter(board=board).exclude(not_sent="").count() == 8
    assert committed(board) == Decimal("0.05")


@pytest.mark.django_db(transaction=True)
def test_a_double_click_in_two_processes_makes_one_board(user, plan_of):
    plan = plan_of("flux", row_field="prompt", row_values=ROWS, seeds="1")
    press = partial(sending.run_plan, user, plan, expand(plan), "token")
    first, second = run_at_once([press, press])
    assert first.board == second.board
    assert Run.objects.count() == 6
