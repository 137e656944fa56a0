"""The list of boards, a board's page and its progress."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from boards.display import grid
from boards.models import Board
from boards.runs.progress import progress_of
from boards.trials import news
from core.http.parameters import parse_moment, parse_uuid
from runs.models import Run
from runs.progress.worker_status import readiness

if TYPE_CHECKING:
    from boards.trials.outcomes import Outcome
    from core.http.htmx import HtmxRequest

LISTED = 50
MOST_NEWS = 5
no_store = cache_control(private=True, no_store=True)


@require_safe
@no_store
def index(request: HtmxRequest) -> HttpResponse:
    """List the user's boards, newest first."""
    current = Q(cells__replaced_at=None)
    ended = current & Q(cells__run__state__in=Run.FINAL)
    boards = (
        Board.objects.kept()
        .filter(user_id=request.user.pk)
        .annotate(runs=Count("cells", filter=current), ended=Count("cells", filter=ended))
        .prefetch_related("columns__endpoint")
        .defer("plan")
    )
    before = parse_moment(request.GET.get("before", ""))
    boards = boards.filter(created_at__lt=before) if before else boards
    listed = list(boards[: LISTED + 1])
    more = listed[LISTED - 1].created_at.isoformat() if len(listed) > LISTED else ""
    deleted = request.GET.get("deleted", "")
    context = {"boards": listed[:LISTED], "more": more, "deleted": parse_uuid(deleted)}
    return render(request, "boards/boards.html", context)


@require_safe
@no_store
def board(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a board; its cells update until they have ended."""
    return page(request, find(request, pk))


def page(request: HtmxRequest, board: Board, status: int = 200, problem: str = "") -> HttpResponse:
    """Render a board's page."""
    is_mine = board.user_id == request.user.pk
    shown = grid.grid_of(board, is_mine=is_mine, is_whole="all" in request.GET)
    context = {
        "board": board,
        "grid": shown,
        "progress": shown.progress,
        "is_mine": is_mine,
        "trial_news": _trial_news(board) if is_mine else [],
        "readiness": "" if shown.progress.is_over else readiness(),
        "problem": problem,
    }
    return render(request, "boards/board.html", context, status=status)


def _trial_news(board: Board) -> list[Outcome]:
    """Return the news of the board's trials for its owner, and mark them as seen."""
    unseen = [outcome for outcome in news.of_board(board) if outcome.is_news][:MOST_NEWS]
    news.mark_seen(unseen)
    return unseen


@require_safe
@no_store
def progress(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Render the board's progress as a fragment of its page."""
    board = find(request, pk)
    context = {
        "board": board,
        "progress": progress_of(board),
        "is_mine": board.user_id == request.user.pk,
    }
    return render(request, "boards/_progress.html", context)


@require_safe
@no_store
def part(request: HtmxRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    """Render the rows of one part, which has come into view."""
    board = find(request, pk)
    is_mine = board.user_id == request.user.pk
    shown = grid.part_of(board, number, is_mine=is_mine)
    if shown is None:
        raise Http404("This board has fewer rows.")
    context = {"board": board, "part": shown, "is_mine": is_mine}
    return render(request, "boards/_row_group.html", context)


@require_safe
@no_store
def columns(request: HtmxRequest, pk: uuid.UUID, row: int, number: int) -> HttpResponse:
    """Render a row's cells in one group of columns, which has come into view."""
    board = find(request, pk)
    is_mine = board.user_id == request.user.pk
    shown = grid.group_of(board, row, number, is_mine=is_mine)
    if shown is None:
        raise Http404("This board has no such row, or fewer columns.")
    context = {"board": board, "row": shown, "is_mine": is_mine}
    return render(request, "boards/_row_cells.html", context)


@require_safe
@no_store
def heads(request: HtmxRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    """Render the headers of one group of columns."""
    board = find(request, pk)
    if not (shown := grid.heads_of(board, number)):
        raise Http404("This board has fewer columns.")
    return render(request, "boards/_column_heads.html", {"board": board, "columns": shown})


def find(request: HttpRequest, pk: uuid.UUID) -> Board:
    """Return the board if the user may see it; raises Http404."""
    return get_object_or_404(Board.objects.visible_to(request.user).kept(), pk=pk)
