"""The viewer: two to four cells of a board, compared in detail."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from boards.display.rights import rights_to
from boards.models.vote import MAX_STARS
from boards.viewer import panes
from boards.views.board import find, no_store

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


@require_safe
@no_store
def viewer(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show `?cell=1&cell=2`, up to four; the others are compared with the first."""
    board = find(request, pk)
    cells = panes.chosen_cells(board, request.GET.getlist("cell"))
    if len(cells) < panes.LEAST:
        messages.info(request, "Choose two to four results: tick “Compare” below them.")
        return redirect(board)
    shown = panes.panes_of(cells)
    context = {
        "board": board,
        "panes": shown,
        "kind": panes.stage_kind(shown),
        "is_one_row": len({cell.row_id for cell in cells}) == 1,
        "row": cells[0].row,
        "rights": rights_to(request.user, board),
        "stars": range(1, MAX_STARS + 1),
    }
    return render(request, "boards/viewer/viewer.html", context)
