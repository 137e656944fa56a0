"""Makes runs and boards that count for the record of their models."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User

from catalog.models import Endpoint
from features.boards.models import Board, Cell, Column, Row, Vote
from runs.models import Run
from runs.records import model_record
from tests import charged


def make_done(user: User, endpoint: Endpoint, state: str = "succeeded", **values: Any) -> Run:
    """Return a run that has ended, billed two units."""
    run = Run.objects.create(
        user=user, endpoint=endpoint, arguments={}, form_token=uuid.uuid4().hex, state=state,
        billable_units="2", **values,
    )  # fmt: skip
    charged.settle([run])
    return run


def make_judged(user: User, endpoint: Endpoint, judged: int, kept: int, **values: Any) -> None:
    """Make this many judged runs of a model, of which some are starred."""
    runs = [make_done(user, endpoint, **values) for _ in range(judged)]
    model_record.judge(run.pk for run in runs)
    Run.objects.filter(pk__in=[run.pk for run in runs[:kept]]).update(is_starred=True)


def make_board(
    user: User, models: Sequence[Endpoint], rows: int = 1, wins: int = 0, **values: Any
) -> Board:
    """Return a board with a column per model; the first has won `wins` votes on the second."""
    board = Board.objects.create(
        user=user, source=models[0], title="Cats", form_token=uuid.uuid4().hex, **values
    )
    columns = [
        Column.objects.create(board=board, position=position, endpoint=model, digest=f"{position}")
        for position, model in enumerate(models)
    ]
    for position in range(rows):
        row = Row.objects.create(board=board, position=position, digest=str(position))
        for column in columns:
            run = make_done(user, column.endpoint, project=board.project)
            Cell.objects.create(board=board, row=row, column=column, run=run)
    for position in range(wins):
        vote(user, board, 0, 1, position)
    return board


def vote(voter: User, board: Board, winner: int | None, loser: int, row: int = 0) -> Vote:
    """Vote blindly; without a winner, neither column 0 nor `loser` is better."""
    cells = {
        cell.column.position: cell
        for cell in board.cells.filter(row__position=row).select_related("column")
    }
    first, second = sorted((cells[winner or 0], cells[loser]), key=lambda cell: cell.pk)
    won = None if winner is None else cells[winner]
    return Vote.objects.create(board=board, voter=voter, first=first, second=second, winner=won)
