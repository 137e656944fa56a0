"""A board's page and its progress."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from core.http.caching import no_store
from features.boards import row_requests
from features.boards.access import BoardRights, audiences_of
from features.boards.display import grid
from features.boards.models import Board
from features.boards.runs.progress import progress_of
from playground.display import covered_row
from projects import roles
from runs.progress.worker_status import readiness

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


@require_safe
@no_store
def board(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a board; its cells update until their runs have ended."""
    if (covered := covered_row.covered(request.user, "board", pk)) is not None:
        return covered_row.render_covered(request, "board", covered)
    return render_board(request, find(request, pk))


def render_board(
    request: HtmxRequest, board: Board, status: int = 200, **more: Any
) -> HttpResponse:
    """Render a board's page; `more` has the problem and the typed text of a form on it."""
    rights = BoardRights(request.user, board)
    board_grid = grid.grid_of(board, request.user, rights, is_whole="all" in request.GET)
    context = {
        "board": board,
        "grid": board_grid,
        "progress": board_grid.progress,
        "rights": rights,
        "readiness": "" if board_grid.progress.is_over else readiness(),
        "row_requests": row_requests.undecided(board, request.user, rights.may_change),
        "access": audiences_of(board) if rights.may_change else (),
    }
    return render(request, "features/boards/board.html", context | more, status=status)


@require_safe
@no_store
def progress(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Render the board's progress as a fragment of its page."""
    board = find(request, pk)
    context = {
        "board": board,
        "progress": progress_of(board),
        "rights": BoardRights(request.user, board),
    }
    return render(request, "features/boards/_progress.html", context)


@require_safe
@no_store
def part(request: HtmxRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    """Render the rows of one part, which has come into view."""
    board = find(request, pk)
    rights = BoardRights(request.user, board)
    grid_part = grid.part_of(board, request.user, rights, number)
    if grid_part is None:
        raise Http404("This board has fewer rows.")
    context = {"board": board, "row_group": grid_part, "rights": rights}
    return render(request, "features/boards/_row_group.html", context)


@require_safe
@no_store
def columns(request: HtmxRequest, pk: uuid.UUID, row: int, number: int) -> HttpResponse:
    """Render a row's cells in one group of columns, which has come into view."""
    board = find(request, pk)
    rights = BoardRights(request.user, board)
    grid_row = grid.group_of(board, request.user, rights, row, number)
    if grid_row is None:
        raise Http404("This board has no such row, or fewer columns.")
    context = {"board": board, "row": grid_row, "rights": rights}
    return render(request, "features/boards/_row_cells.html", context)


@require_safe
@no_store
def heads(request: HtmxRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    """Render the headers of one group of columns."""
    board = find(request, pk)
    if not (head := grid.heads_of(board, number)):
        raise Http404("This board has fewer columns.")
    return render(request, "features/boards/_column_heads.html", {"board": board, "columns": head})


def find(request: HtmxRequest, pk: uuid.UUID) -> Board:
    """Return the board if the user may see it; raises Http404."""
    boards = Board.objects.kept().open_to(request.user)
    boards = boards.select_related("project", "taken__endpoint", "taken_by")
    return get_object_or_404(boards, pk=pk)


def find_changeable(request: HtmxRequest, pk: uuid.UUID, *related: str) -> Board:
    """Return a board of the user's projects, with its project and `related` rows.

    Raises PermissionDenied if the user may only look at it, Http404 for all other boards.
    """
    board = find_as_member(request, pk, *related)
    roles.require_maker(request.user, board.project)
    return board


def find_as_member(request: HtmxRequest, pk: uuid.UUID, *related: str) -> Board:
    """Return a board that the user sees as a member of its project; raises Http404."""
    boards = Board.objects.kept().shown_to(request.user).select_related("project", *related)
    return get_object_or_404(boards, pk=pk)
