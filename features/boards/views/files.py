"""Exports and imports of boards: table, JSON, contact sheet, presets, import."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from accounts import permissions
from accounts.audit import trail
from core.file_names import slug
from core.http.caching import no_store
from features.boards.export import importing, presets
from features.boards.export.contents import contents_of
from features.boards.export.document import board_document
from features.boards.export.sheet import sheet_rows
from features.boards.export.table import board_table
from features.boards.models import Board
from features.boards.views.actions import for_makers
from features.boards.views.board import find
from features.boards.votes.rankings import rankings
from projects import roles
from projects.current import current

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


def as_csv(text: str, name: str) -> HttpResponse:
    """Return a table as a download."""
    return _download(text, "text/csv; charset=utf-8", f"{name}.csv")


def _download(text: str, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type=content_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response


def file_name(board: Board) -> str:
    """Return the beginning of a board's file names: its title and day."""
    return f"{slug(board.title) or 'board'}-{board.created_at:%Y-%m-%d}"


@require_safe
@no_store
def table(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Export the board as CSV, one line for each run."""
    board = find(request, pk)
    text = board_table(contents_of(board), rankings(board)[0], request.build_absolute_uri)
    trail.record_export(request, [board], "as CSV")
    return as_csv(text, file_name(board))


@require_safe
@no_store
def document(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Export the board as JSON, which can be imported."""
    board = find(request, pk)
    text = board_document(contents_of(board), rankings(board)[0], request.build_absolute_uri)
    trail.record_export(request, [board], "as JSON")
    return _download(text, "application/json", f"{file_name(board)}.json")


@require_safe
@no_store
def sheet(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the contact sheet as a page to print."""
    board = find(request, pk)
    context = {"board": board, "rows": sheet_rows(contents_of(board))}
    return render(request, "features/boards/export/sheet.html", context)


@for_makers
def column_preset(request: HtmxRequest, board: Board, column: int) -> HttpResponseBase:
    """Save a column's settings as a preset, and open its form to name and share it."""
    board_column = get_object_or_404(board.columns.select_related("endpoint"), position=column)
    try:
        preset = presets.save_preset(request.user, board, board_column)
    except ValueError as error:
        messages.error(request, str(error))
        return redirect("boards:board-results", board.pk)
    messages.success(request, f"“{preset.name}” is saved. Name it, or share it with the team.")
    return redirect("playground:preset", preset.pk)


@for_makers
def column_house_default(request: HtmxRequest, board: Board, column: int) -> HttpResponseBase:
    """Make a column's settings its model's house default; needs the permission."""
    permissions.require(request.user, permissions.HOUSE_DEFAULT)
    board_column = get_object_or_404(board.columns.select_related("endpoint"), position=column)
    try:
        preset = presets.make_house_default(request.user, board, board_column)
    except ValueError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, presets.house_words(preset, board_column))
    return redirect("boards:board-results", board.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def import_(request: HtmxRequest) -> HttpResponseBase:
    """Import a board's JSON as a plan; nothing is sent before its Run button is pressed."""
    project = current(request)
    why_not = roles.refusal_to_make(request.user, project)
    if why_not or request.method != "POST":
        status = HTTPStatus.FORBIDDEN if request.method == "POST" else HTTPStatus.OK
        return render(
            request, "features/boards/export/import.html", {"why_not": why_not}, status=status
        )
    file = request.FILES.get("file")
    try:
        if file is None:
            raise ValueError("Choose a file first.")
        content = file.read(importing.MAX_BYTES + 1)
        imported = importing.import_board(request.user, content, project)
    except ValueError as error:
        return render(
            request, "features/boards/export/import.html", {"error": str(error)}, status=422
        )
    messages.success(request, imported.summary)
    return redirect("boards:board-plan", imported.board.pk)
