"""Boards and trials in the list of *Compare*: their first results and their progress."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from django.db.models import Count, Prefetch, Q

from features.boards.display import pictures
from features.boards.models import Board, Column, StandingTrial
from projects import current
from runs.models import Run
from runs.promises.owners import ComparisonKind, Line

if TYPE_CHECKING:
    from django.http import HttpRequest

MODELS = 4  # named in a line
REPEATS = Q(standing_trial__state__in=[StandingTrial.State.ON, StandingTrial.State.PAUSED])
UNREPLACED = Q(cells__replaced_at=None)
ENDED = UNREPLACED & Q(cells__run__state__in=Run.FINAL)


def compared(request: HttpRequest) -> list[ComparisonKind]:
    """Return boards and trials of the request's project, or the user's own of all projects."""
    boards = (
        current.rows_in_scope(Board.objects.kept(), request)
        .annotate(runs=Count("cells", filter=UNREPLACED), ended=Count("cells", filter=ENDED))
        .select_related("user")
        .prefetch_related(Prefetch("columns", Column.objects.named()))
        .defer("plan")
    )
    kinds = {
        "board": boards.exclude(REPEATS),
        "trial": boards.filter(REPEATS).select_related("user", "standing_trial"),
    }
    return [
        ComparisonKind(kind, rows, "title", "created_at", partial(_lines, request, kind))
        for kind, rows in kinds.items()
    ]


def _lines(request: HttpRequest, kind: str, boards: Sequence[Board]) -> list[Line]:
    stills = pictures.of_boards(boards, request.user)
    return [
        Line(
            kind=kind.capitalize(),
            name=str(board),
            address=board.get_absolute_url(),
            at=board.created_at,
            pictures=stills.get(board.pk, ()),
            models=_models(board),
            state=_state(board, is_trial=kind == "trial"),
            author="" if board.user_id == request.user.pk else board.author,
        )
        for board in boards
    ]


def _state(board: Board, *, is_trial: bool) -> str:
    progress = f"{board.ended} of {board.runs} done"  # type: ignore[attr-defined]  # annotated
    return f"{progress} · trials {board.standing_trial.state}" if is_trial else progress


def _models(board: Board) -> str:
    names = [column.endpoint.name for column in board.columns.all()]
    more_note = f" and {len(names) - MODELS} more" if len(names) > MODELS else ""
    return ", ".join(names[:MODELS]) + more_note
