"""Actions of a board's owner: stop, retry, rename, delete."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts import audit
from accounts.limits.rate_limit import limit
from boards.models import Board
from boards.plan.plan import parse_cap
from boards.runs import repeating
from boards.runs.locking import lock
from core.formatting import money
from core.http.parameters import parse_uuid
from fal.db_safe import db_safe_text
from runs.starting import Refused

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

View = Callable[..., Any]


def for_owner(view: View) -> View:
    """Decorate a POST view of one's own board; a returned text is shown on the board's page."""

    @require_POST
    @wraps(view)
    def wrapped(request: HtmxRequest, pk: uuid.UUID, **parts: Any) -> HttpResponseBase:
        board = get_object_or_404(Board.objects.kept(), pk=pk, user_id=request.user.pk)
        try:
            outcome: HttpResponseBase | str = view(request, board, **parts)
        except Refused as refused:
            outcome = str(refused)
        if isinstance(outcome, str):
            messages.info(request, outcome)
            return redirect(board)
        return outcome

    return wrapped


@for_owner
def cancellation(request: HtmxRequest, board: Board) -> Any:
    """Cancel the runs that have not started."""
    return repeating.stop(board)


@limit("run")
@for_owner
def repetition(request: HtmxRequest, board: Board) -> Any:
    """Rerun all failed and cancelled cells."""
    return repeating.repeat_failed(request.user, board).words


@limit("run")
@for_owner
def continuation(request: HtmxRequest, board: Board) -> Any:
    """Send the cells that were not sent, within the current cap."""
    return repeating.send_held(request.user, board).words


@limit("run")
@for_owner
def cell(request: HtmxRequest, board: Board, cell: int) -> Any:
    """Run one cell again, even if it shows a reused result."""
    current = get_object_or_404(board.cells.filter(replaced_at=None), pk=cell)
    return repeating.repeat_cell(request.user, board, current).words


@for_owner
def title(request: HtmxRequest, board: Board) -> Any:
    """Rename the board."""
    board.title = db_safe_text(request.POST.get("title", "").strip())[:200] or board.title
    board.save(update_fields=["title"])
    return redirect(board)


@for_owner
def cap(request: HtmxRequest, board: Board) -> Any:
    """Change or remove the cap. Nothing is sent by it: the page offers what was not sent."""
    try:
        amount = parse_cap(request.POST.get("cap", ""))
    except ValueError as error:
        return str(error)
    with transaction.atomic():
        locked = lock(board.pk)
        locked.cap_usd = amount
        locked.save(update_fields=["cap_usd"])
    return "The board has no cap now." if amount is None else f"The cap is {money(amount)} now."


@for_owner
def deletion(request: HtmxRequest, board: Board) -> Any:
    """Delete the board; its runs stay in the history, and the list offers to undo it."""
    board.deleted_at = timezone.now()
    with transaction.atomic():
        board.save(update_fields=["deleted_at"])
        audit.record(request.user, "deleted", [board])
    return redirect(f"{reverse('boards:boards')}?deleted={board.pk}")


@require_POST
def recovery(request: HtmxRequest) -> HttpResponse:
    """Restore a deleted board."""
    if (pk := parse_uuid(request.POST.get("board", ""))) is None:
        return redirect("boards:boards")
    boards = Board.objects.filter(pk=pk, user_id=request.user.pk)
    deleted = boards.exclude(deleted_at=None)
    with transaction.atomic():
        audit.record(request.user, "restored", deleted)
        is_restored = deleted.update(deleted_at=None)
    if is_restored:
        messages.success(request, "The board was restored.")
    return redirect("boards:board", pk)
