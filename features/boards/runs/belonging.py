"""Finds the boards that have a run in a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.boards.models import Board, Cell
from runs.models import Run
from runs.promises.owners import Place

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection

    from django.contrib.auth.models import AnonymousUser, User

MOST = 5  # reused results may put a run on any number of boards


def boards_of(user: User | AnonymousUser, run: Run) -> list[Place]:
    """Return the boards with the run in a cell, oldest first.

    A board of which the user may know only that it exists comes without its title.
    """
    cells = Cell.objects.filter(run=run, replaced_at=None)
    boards = Board.objects.kept().noticed_by(user).filter(pk__in=cells.values("board"))
    shown = boards.order_by("created_at")[:MOST]
    covered = set(boards.covered_to(user).values_list("pk", flat=True))
    return [
        Place("Board", _title(board, is_covered=board.pk in covered), board.get_absolute_url())
        for board in shown
    ]


def newest_boards(
    user: User | AnonymousUser, run_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, Place]:
    """Return the newest board with each of these runs in a cell that the user may read."""
    cells = Cell.objects.filter(run__in=run_ids, replaced_at=None)
    pairs = list(cells.values_list("run_id", "board_id").distinct())
    boards = Board.objects.kept().open_to(user).in_bulk({board for _, board in pairs})
    places: dict[uuid.UUID, Place] = {}
    for run, board in sorted(
        ((run, boards[key]) for run, key in pairs if run and key in boards),
        key=lambda pair: pair[1].created_at,
    ):
        title = _title(board, is_covered=False)
        places[run] = Place("Board", title, board.get_absolute_url())
    return places


def _title(board: Board, *, is_covered: bool) -> str:
    return "private" if is_covered else board.title or "Untitled"
