"""Makes runs and boards that count for the record of their models."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User

from catalog.models import Endpoint
from features.boards.models import Board, Cell, Column, Row
from features.boards.votes.marks import mark_row
from runs.models import RecordedRun, Run
from runs.records import counting
from runs.records.recount import Recount
from runs.results import stars
from tests import charged


def make_done(user: User, endpoint: Endpoint, state: str = "succeeded", **values: Any) -> Run:
    """Return a run that has ended, billed two units."""
    values = {"arguments": {}, "form_token": uuid.uuid4().hex, "billable_units": "2", **values}
    run = Run.objects.create(user=user, endpoint=endpoint, state=state, **values)
    charged.settle([run])
    counting.touch([run.pk])
    return run


def make_judged(user: User, endpoint: Endpoint, judged: int, kept: int, **values: Any) -> None:
    """Make this many judged runs of a model, of which some are starred."""
    runs = [make_done(user, endpoint, **values) for _ in range(judged)]
    counting.judge(run.pk for run in runs)
    for run in runs[:kept]:
        stars.star_run(run.pk, is_starred=True)
    count_all()


def count_all() -> None:
    """Count what is due, as a worker does."""
    while RecordedRun.objects.filter(is_due=True).exists():
        counting.count_due()


def make_board(
    user: User, models: Sequence[Endpoint], rows: int = 1, wins: int = 0, **values: Any
) -> Board:
    """Return a board with a column per model; the first has won `wins` rows."""
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
    for row in board.rows.order_by("position")[:wins]:
        mark_row(row, {"winner": "0"})
    return board


def recount() -> None:
    """Compare runs with the record, as the worker does when it starts, and at night."""
    steps = Recount()
    for _ in range(2):
        while steps.step() < 1:
            pass
