"""Judge: the results of a row close up, with winner, stars, pass or fail, note and tags."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from core.forms import cleaned
from core.http.caching import no_store
from core.http.parameters import parse_key
from core.http.posts import is_posted
from features.boards import decisions
from features.boards.access import BoardRights
from features.boards.display.judge import Round, Scale, inputs_of, round_of, scale_of
from features.boards.models import Board, Column
from features.boards.views.actions import for_makers
from features.boards.views.board import find, find_changeable
from features.boards.votes import marks
from playground.display.comparison import stage_kind

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from core.http.htmx import HtmxRequest


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def judge(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show the results that `display.judge.round_of` finds; a POST judges one of them.

    A POST has a `cell` or a `row`, and `winner`, `stars`, `verdict`, `note` or `tags`. A page that
    shows some results asks with their number, `ended`, whether there are more.
    """
    if request.method == "POST":
        board = find_changeable(request, pk, "taken__endpoint", "taken_by")
        _save(request.user, board, request.POST, request.GET)
    else:
        board = find(request, pk)
    judging_round = round_of(board, request.GET)
    if judging_round and request.GET.get("ended") == str(judging_round.ended):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)  # the page asks for changes only
    if request.method == "POST" and not request.htmx:
        return redirect(judging_round.here if judging_round else board)
    context = {
        "board": board,
        "round": judging_round,
        "panes": judging_round.panes if judging_round else (),
        "kind": stage_kind(judging_round.panes) if judging_round else "",
        "input": judging_round.row.label if judging_round and judging_round.row else "",
        **_inputs(request.user, judging_round),
        "vote_url": board.get_absolute_url(),
        "scale": scale_of(request.session, request.GET),
        "scales": list(Scale),
        "rights": BoardRights(request.user, board),
        "columns": board.columns.named(),
        "judged": decisions.judged(board),
        "may_mark": decisions.may_mark(request.user),
        "is_part": request.method == "POST",
    }
    name = "_facts" if context["is_part"] else "judge"
    return render(request, f"features/boards/judge/{name}.html", context)


def _inputs(user: User, judging_round: Round | None) -> dict[str, Any]:
    """Return the row's files, and among them the original of what was upscaled."""
    if not judging_round or not judging_round.row:
        return {}
    files = inputs_of(judging_round.row, user)
    original = files[0] if len(files) == 1 and judging_round.is_upscaled else None
    return {"input_files": [] if original else files, "original": original}


class DecisionForm(forms.Form):
    """The model that is taken, and why."""

    column = forms.ModelChoiceField(
        Column.objects.none(),
        to_field_name="position",
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), "Choose the model that you take."
        ),
    )
    why = forms.CharField(required=False)
    is_approved = forms.BooleanField(required=False)

    def __init__(self, board: Board, posted: QueryDict) -> None:
        """Make a form that offers the models of the board."""
        super().__init__(posted)
        self.fields["column"].queryset = board.columns.named()  # type: ignore[attr-defined]


@for_makers
def decision(request: HtmxRequest, board: Board) -> Any:
    """Take the model of the posted `column` for the reason `why`; `undo` reverts that."""
    if is_posted(request, "undo"):
        decisions.take_back(request.user, board)
        return "The decision is taken back."
    if not (so_far := decisions.judged(board)).is_whole:
        return f"{so_far.sentence} Judge the others first."
    try:
        decisions.take(request.user, board, **cleaned(DecisionForm(board, request.POST)))
    except ValueError as error:
        return str(error)
    return redirect(board)


def _save(user: User, board: Board, posted: Any, query: QueryDict) -> None:
    if key := parse_key(posted.get("cell", "")):
        cell = get_object_or_404(board.cells.select_related("mark", "row"), pk=key)
        if "winner" in posted:
            shown = round_of(board, query)
            met = [one.pk for one in shown.cells] if shown else ()
            marks.mark_row(cell.row, posted, met)
            decisions.answer(user, board)
        else:
            marks.mark_cell(cell, posted)
    elif key := parse_key(posted.get("row", "")):
        row = get_object_or_404(board.rows, pk=key)
        marks.mark_row(row, posted)
