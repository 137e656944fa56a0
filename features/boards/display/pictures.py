"""Pictures of boards for their list: the first results of each."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from features.boards.models import Board
from features.boards.models.board import Cell
from features.boards.runs.visibility import withhold_unreadable
from runs.files.artifact_urls import thumbnail_url
from runs.models import Artifact, Run

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

MOST = 4  # of one board
COLUMNS = 8  # of a board's first row that are searched for pictures


def of_boards(boards: Iterable[Board], user: User | AnonymousUser) -> dict[uuid.UUID, list[str]]:
    """Return the addresses of thumbnails of results that the user sees, by board. Two queries."""
    cells = Cell.objects.filter(
        board__in=[board.pk for board in boards],
        row__position=0,
        column__position__lt=COLUMNS,
        replaced_at=None,
        run__state=Run.State.SUCCEEDED,
    ).order_by("board_id", "column__position", "pk")
    board_of = dict(cells.values_list("run_id", "board_id"))
    visible_runs = Run.objects.shown_to(user).filter(pk__in=list(board_of))
    firsts = Artifact.objects.filter(run__in=visible_runs, position=0).exclude(thumbnail="")
    stills = {artifact.run_id: thumbnail_url(artifact, "") for artifact in firsts}
    pictures: dict[uuid.UUID, list[str]] = defaultdict(list)
    for run, board in board_of.items():
        if run in stills and len(pictures[board]) < MOST:
            pictures[board].append(stills[run])
    return pictures


def of_cell(board: Board, cell: Cell) -> str:
    """Return the address of a thumbnail of a cell's result; empty if it may not be shown."""
    withhold_unreadable(board, [cell])
    if cell.run is None:
        return ""
    first = cell.run.artifacts.exclude(thumbnail="").first()
    return thumbnail_url(first, "") if first else ""
