"""Boards in their list: their first results and their progress."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Count, Prefetch, Q, QuerySet

from features.boards.models import Board, Column
from features.boards.models.board import Cell
from features.boards.runs.visibility import withhold_unreadable
from playground.display.history import pictures_of
from projects import current
from runs.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.http import HttpRequest

MAX_PICTURES = 4  # of one board
PICTURE_COLUMNS = 8  # of a board's first row that are searched for pictures
MODELS = 4  # named in a line
UNREPLACED = Q(cells__replaced_at=None)
ENDED = UNREPLACED & Q(cells__run__state__in=Run.FINAL)


class Entry(NamedTuple):
    """A board in the list; `author` is empty if it is the reader's own."""

    name: str
    address: str
    at: datetime
    pictures: Sequence[str]
    models: str
    state: str
    author: str


def listed_boards(request: HttpRequest) -> QuerySet[Board]:
    """Return the boards of the request's project, or the user's own of all projects."""
    return (
        current.rows_in_scope(Board.objects.kept(), request)
        .annotate(runs=Count("cells", filter=UNREPLACED), ended=Count("cells", filter=ENDED))
        .select_related("user")
        .prefetch_related(Prefetch("columns", Column.objects.named()))
        .defer("plan")
    )


def entries(request: HttpRequest, boards: Sequence[Board]) -> list[Entry]:
    """Return the entries of some of the listed boards."""
    stills = pictures_of_boards(request.user, [board.pk for board in boards])
    return [
        Entry(
            name=str(board),
            address=board.get_absolute_url(),
            at=board.created_at,
            pictures=stills.get(board.pk, ()),
            models=_models(board),
            state=f"{board.ended} of {board.runs} done",  # type: ignore[attr-defined]  # annotated
            author="" if board.user_id == request.user.pk else board.author,
        )
        for board in boards
    ]


def _models(board: Board) -> str:
    names = [column.endpoint.name for column in board.columns.all()]
    more_note = f" and {len(names) - MODELS} more" if len(names) > MODELS else ""
    return ", ".join(names[:MODELS]) + more_note


def pictures_of_boards(
    user: User | AnonymousUser, boards: Collection[uuid.UUID]
) -> dict[uuid.UUID, list[str]]:
    """Return the addresses of thumbnails of results that the user sees, by board. Two queries."""
    cells = Cell.objects.filter(
        board__in=boards,
        row__position=0,
        column__position__lt=PICTURE_COLUMNS,
        replaced_at=None,
        run__state=Run.State.SUCCEEDED,
    ).order_by("board_id", "column__position", "pk")
    board_of = dict(cells.values_list("run_id", "board_id"))
    stills = pictures_of(user, list(board_of))
    pictures: dict[uuid.UUID, list[str]] = defaultdict(list)
    for run, board in board_of.items():
        if run in stills and len(pictures[board]) < MAX_PICTURES:
            pictures[board] += stills[run]
    return pictures


def picture_of_cell(board: Board, cell: Cell) -> str:
    """Return the address of a small picture of a cell's result; empty if it may not be shown."""
    withhold_unreadable(board, [cell])
    if cell.run is None:
        return ""
    return next((file.still for file in cell.run.artifacts.defer("url") if file.still), "")
