"""Exports of boards as tables."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.http import HttpResponseBase
from django.views.decorators.http import require_safe

from accounts.audit import trail
from core.file_names import slug
from core.http.caching import no_store
from core.http.downloads import download
from features.boards.export.contents import contents_of
from features.boards.export.table import board_table
from features.boards.models import Board
from features.boards.views.board import find
from features.boards.votes.rankings import rankings

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


def file_name(board: Board) -> str:
    """Return the beginning of a board's file names: its title and day."""
    return f"{slug(board.title) or 'board'}-{board.created_at:%Y-%m-%d}"


@require_safe
@no_store
def table(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Export the board as CSV, one line for each run."""
    board = find(request, pk)
    text = board_table(contents_of(board), rankings(board)[0], request.build_absolute_uri)
    trail.record_export(request, [board], "as CSV")
    return download(text, f"{file_name(board)}.csv")
