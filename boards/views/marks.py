"""Marks: the forms for a cell and a row, each a page or a fragment of the board's page."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from boards.display.rights import rights_to
from boards.models.vote import MAX_STARS
from boards.views.board import find_changeable, no_store
from boards.votes import marks

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(METHODS)
@no_store
def cell_mark(request: HtmxRequest, pk: uuid.UUID, cell: int) -> HttpResponseBase:
    """Edit stars, pass or fail, note and tags of a cell of a board that the user may change."""
    board = find_changeable(request, pk)
    shown_cell = get_object_or_404(
        board.cells.select_related("mark", "column__endpoint", "row"), pk=cell
    )
    context = {
        "board": board,
        "cell": shown_cell,
        "rights": rights_to(request.user, board),
        "stars": range(1, MAX_STARS + 1),
    }
    if request.method != "POST":
        name = "_cell_form.html" if request.htmx else "cell.html"
        return render(request, f"boards/marks/{name}", context)
    shown_cell.mark = marks.mark_cell(shown_cell, request.POST)
    if request.htmx:
        return render(request, "boards/marks/_cell.html", context)
    return redirect(f"{board.get_absolute_url()}#cell-{shown_cell.pk}")


@require_http_methods(METHODS)
@no_store
def row_mark(request: HtmxRequest, pk: uuid.UUID, row: int) -> HttpResponseBase:
    """Edit the winner and tags of a row of a board that the user may change."""
    board = find_changeable(request, pk)
    shown_row = get_object_or_404(board.rows.select_related("mark__winner__endpoint"), pk=row)
    context = {"board": board, "row": shown_row, "rights": rights_to(request.user, board)}
    if request.method != "POST":
        context["columns"] = board.columns.select_related("endpoint")
        name = "_row_form.html" if request.htmx else "row.html"
        return render(request, f"boards/marks/{name}", context)
    shown_row.mark = marks.mark_row(shown_row, request.POST)
    if request.htmx:
        return render(request, "boards/marks/_row.html", context)
    picking = "?pick=1" if "pick" in request.GET else ""
    return redirect(f"{board.get_absolute_url()}{picking}#row-{shown_row.pk}")
