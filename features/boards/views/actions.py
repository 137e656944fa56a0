"""Actions on a board: stop, retry, rename, delete, and what others may add or request."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from accounts.audit import trail
from accounts.limits.rate_limit import limit
from core.formatting import money
from core.forms import cleaned
from core.http.posts import hidden, press_token, ticked
from features.boards import access, row_requests
from features.boards.access import BoardRights
from features.boards.models import Board
from features.boards.plan.plan import PRIORITY, last_text, parse_cap
from features.boards.row_requests import RowForm
from features.boards.runs import repeating
from features.boards.runs.locking import lock
from features.boards.views.board import find_as_member, find_changeable, render_board
from projects import roles
from projects.kept.forms import TextsForm
from projects.kept.resource import Resource
from projects.kept.voices.participant import Participant
from runs.start.refused_starts import Forbidden, StartRefused

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

MAY_NOT = "You may not ask for rows on this board. {} to let you."
View = Callable[..., Any]


def for_makers(view: View) -> View:
    """Decorate a POST view of a board for the makers of its project.

    A returned text is shown on the board's page.
    """
    return _action(view, find_changeable)


def for_members(view: View) -> View:
    """Like `for_makers`, but for all members of the project; the view checks further rights."""
    return _action(view, find_as_member)


def _action(view: View, find: Callable[[Any, uuid.UUID], Board]) -> View:

    @require_POST
    @wraps(view)
    def wrapped(request: HtmxRequest, pk: uuid.UUID, **parts: Any) -> HttpResponseBase:
        board = find(request, pk)
        try:
            outcome: HttpResponseBase | str = view(request, board, **parts)
        except Forbidden:
            raise
        except StartRefused as refusal:
            outcome = str(refusal)
        if isinstance(outcome, str):
            messages.info(request, outcome)
            return redirect(board)
        return outcome

    return wrapped


@for_members
def cancellation(request: HtmxRequest, board: Board) -> Any:
    """Cancel the runs that have not started; makers cancel only their own on others' boards."""
    if board.user_id != request.user.pk:
        roles.require_maker(request.user, board.project)
    return repeating.stop(board, request.user)


@limit("run")
@for_makers
def repetition(request: HtmxRequest, board: Board) -> Any:
    """Rerun all failed and cancelled cells."""
    return repeating.repeat_failed(request.user, board, press_token(request)).summary


@limit("run")
@for_makers
def continuation(request: HtmxRequest, board: Board) -> Any:
    """Send the cells that were not sent, within the current cap and by the current rules."""
    result = repeating.send_held(request.user, board, press_token(request))
    return result.require_any().summary


@limit("run")
@for_makers
def cell(request: HtmxRequest, board: Board, cell: int) -> Any:
    """Run one cell again, even if it shows a reused result; a repeated press finds it replaced."""
    shown = get_object_or_404(board.cells, pk=cell)
    return repeating.repeat_cell(request.user, board, shown).summary


class TitleForm(TextsForm):
    """The form of the board's title; an empty one leaves it unchanged."""

    class Meta(TextsForm.Meta):
        model = Board
        fields = ("title",)


@for_makers
def title(request: HtmxRequest, board: Board) -> Any:
    """Rename the board."""
    form = TitleForm(request.POST, instance=board)
    if not form.is_valid():
        return " ".join(map(str, form.errors["title"]))
    form.save()
    return redirect(board)


@for_makers
def cap(request: HtmxRequest, board: Board) -> Any:
    """Change or remove the cap, and change the priority of further runs.

    This sends nothing: the page offers to send the held cells.
    """
    try:
        amount = parse_cap(hidden(request, "cap"))
    except ValueError as error:
        return str(error)
    with transaction.atomic():
        locked = lock(board.pk)
        before = last_text(locked.plan, PRIORITY)
        priority = hidden(request, PRIORITY, before)[:6]
        limits = {
            "cap_usd": (str(locked.cap_usd or ""), str(amount or "")),
            PRIORITY: (before, priority),
        }
        locked.cap_usd = amount
        locked.plan |= {PRIORITY: [priority]}
        locked.save(update_fields=["cap_usd", "plan"])
        trail.record(request.user, "changed the cap of", [board], changes={board.pk: limits})
    return (
        "The board has no budget now." if amount is None else f"The budget is {money(amount)} now."
    )


class Boards(Resource[Board]):
    """Deletes and restores a board; its runs stay in the history."""

    model, parts = Board, ("deletion",)
    at, list_route = "", "boards:boards"
    deletion_message = "The board is deleted. Its runs are kept."


BOARDS = Boards()


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
    except (ValueError, StartRefused) as error:
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
