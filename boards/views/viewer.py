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
from boards.viewer import LEAST, chosen_cells, panes_of_cells
from boards.views.board import find, no_store
from playground.display.comparison.panes import stage_kind

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


@require_safe
@no_store
def viewer(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show `?cell=1&cell=2`, up to four; the others are compared with the first."""
    board = find(request, pk)
    cells = chosen_cells(board, request.GET.getlist("cell"))
    if len(cells) < LEAST:
        messages.info(request, "Choose two to four results: tick “Compare” below them.")
        return redirect(board)
    panes = panes_of_cells(cells)
    context = {
        "board": board,
        "panes": panes,
        "compared": list(zip(panes, cells, strict=True)),
        "kind": stage_kind(panes),
        "is_one_row": len({cell.row_id for cell in cells}) == 1,
        "row": cells[0].row,
        "rights": rights_to(request.user, board),
        "stars": range(1, MAX_STARS + 1),
    }
    return render(request, "boards/viewer/viewer.html", context)
