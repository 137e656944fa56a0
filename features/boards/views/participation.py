"""Other people's part in a board: their rights, and rows that they add or request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect

from accounts.limits.rate_limit import limit
from core.forms import cleaned
from core.http.posts import hidden, ticked
from features.boards import access, row_requests
from features.boards.access import BoardRights
from features.boards.row_requests import RowForm
from features.boards.views.actions import for_makers, for_members
from features.boards.views.board import render_board
from projects import roles
from projects.kept.voices.participant import Participant
from runs.start.refused_starts import Refused

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from features.boards.models import Board

MAY_NOT = "You may not ask for rows on this board. {} to let you."


@for_makers
def access_form(request: HtmxRequest, board: Board) -> Any:
    """Save what viewers and visitors by link may do with the board."""
    access.change(request.user, board, ticked(request, "viewers"), ticked(request, "link"))
    return "The permissions are saved."


@limit("run")
@for_members
def rows(request: HtmxRequest, board: Board) -> Any:
    """Add a row for a prompt and run it; the row waits if the user may not run it."""
    rights = BoardRights(request.user, board)
    if not rights.may_add_rows:
        raise PermissionDenied(MAY_NOT.format(roles.ask(board.project)))
    form = RowForm(request.POST)
    try:
        row = row_requests.row_of(board, cleaned(form)["prompt"])
        if rights.may_change:
            return row_requests.run_row(request.user, board, row).summary
        row_requests.request_row(Participant.of_user(request.user), board, row)
    except (ValueError, Refused) as error:
        prompt = form["prompt"].value()
        return render_board(request, board, status=422, row_problem=str(error), row_typed=prompt)
    messages.info(request, "Your row waits until somebody who may run it decides.")
    return redirect(board)


@limit("run")
@for_makers
def row_request(request: HtmxRequest, board: Board, row_request: int) -> Any:
    """Run a requested row, or leave it out (`do`)."""
    board_request = get_object_or_404(board.row_requests, pk=row_request)
    board_request.board = board
    if hidden(request, "do") == "run":
        return row_requests.run_request(request.user, board_request).summary
    row_requests.leave_out(request.user, board_request)
    return (
        "The row is left out. It stays listed below the board's requests, where it can still be "
        "run."
    )
