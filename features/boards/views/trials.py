"""Standing trials: their settings and outcomes, for people who may change the board."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from core.http.caching import no_store
from core.http.posts import hidden
from features.boards.models import Board
from features.boards.trials import outcomes, sending, settings
from features.boards.trials.form import TrialsForm
from features.boards.views.actions import for_makers
from features.boards.views.board import find_changeable
from features.notifications import inbox, kinds

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def trials(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show the form of standing trials, and the trials so far."""
    board = find_changeable(request, pk, "user", "source")
    form = TrialsForm(board, request.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        messages.success(request, f"Saved. Trials: {form.save().get_state_display()}.")
        return redirect("boards:board-trials", board.pk)
    board_outcomes = outcomes.outcomes_of_board(board)
    inbox.see(request.user, board, kinds.TRIAL_NEWS)
    context = {
        "board": board,
        "form": form,
        "standing": form.standing,
        "preview": settings.preview(board, form.standing),
        "spent": settings.spent_words(sending.spent_since(board, timezone.now()), form.standing),
        "outcomes": board_outcomes,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "features/boards/trials/trials.html", context, status=status)


@for_makers
def pause(request: HtmxRequest, board: Board) -> HttpResponseBase:
    """Pause or resume the trials."""
    is_paused = hidden(request, "state") == "paused"
    messages.info(request, settings.pause(board, is_paused=is_paused))
    return redirect("boards:board-trials", board.pk)


@for_makers
def trial(request: HtmxRequest, board: Board, trial: int) -> HttpResponseBase:
    """Send one trial now regardless of the time, dismiss it, or undo that."""
    board_trial = get_object_or_404(board.trials, pk=trial)
    if hidden(request, "do") == "send":
        trial_row = sending.send(board, board_trial.pk, timezone.now())
        outcome = trial_row.note or trial_row.get_state_display().lower()
        messages.info(request, f"{trial_row.endpoint.name}: {outcome}")
    else:
        settings.dismiss(board, board_trial.pk, is_dismissed=hidden(request, "do") == "dismiss")
    return redirect("boards:board-trials", board.pk)
