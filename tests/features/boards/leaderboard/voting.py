"""Makes boards with results and votes without a browser, also to look at many of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from catalog.models import Endpoint
from features.boards.leaderboard import counting
from features.boards.models import Board, BoardTally, Cell, Column, Row, RowMark, Vote
from runs.models import Run
from tests import charged


def make_board(
    user: User, models: Sequence[Endpoint], rows: int = 1, tags: Sequence[str] = (), **values: Any
) -> Board:
    """Return a board of these models, one column each, whose runs have all succeeded."""
    board = Board.objects.create(
        user=user, source=models[0], title="Cats", form_token=uuid.uuid4().hex, **values
    )
    columns = [
        Column.objects.create(board=board, position=position, endpoint=model, digest=f"{position}")
        for position, model in enumerate(models)
    ]
    sent_at = timezone.now() - timedelta(seconds=20)
    for position in range(rows):
        row = Row.objects.create(board=board, position=position, digest=str(position))
        RowMark.objects.create(row=row, tags=list(tags))
        for column in columns:
            run = Run.objects.create(
                user=user, endpoint=column.endpoint, arguments={}, form_token=uuid.uuid4().hex,
                state="succeeded", billable_units="2", sent_at=sent_at,
                ended_at=sent_at + timedelta(seconds=column.position + 3),
                project=board.project, is_hidden=board.is_hidden,
            )  # fmt: skip
            charged.settle([run])
            Cell.objects.create(board=board, row=row, column=column, run=run)
    return board


def vote(
    voter: User | None, board: Board, winner: int | None, loser: int, row: int = 0, guest: str = ""
) -> Vote:
    """Vote blindly on two columns of a row. Without a winner, neither column 0 nor `loser` is
    better.
    """
    cells = {
        cell.column.position: cell
        for cell in board.cells.filter(row__position=row).select_related("column")
    }
    first, second = sorted((cells[winner or 0], cells[loser]), key=lambda cell: cell.pk)
    cast = Vote.objects.create(
        board=board,
        voter=voter,
        guest=guest,
        first=first,
        second=second,
        winner=None if winner is None else cells[winner],
    )
    BoardTally.objects.judged(board.pk)
    return cast


def make_counted_board(
    user: User, models: Sequence[Endpoint], wins: int = 1, tags: Sequence[str] = (), **values: Any
) -> Board:
    """Return a counted board on which the first model has beaten the second `wins` times."""
    board = make_board(user, models, rows=wins, tags=tags, **values)
    for row in range(wins):
        vote(user, board, 0, 1, row)
    counting.recount(board.pk)
    return board
