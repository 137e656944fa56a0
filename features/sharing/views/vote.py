"""Actions of visitors on a shared board: the blind vote, and requests for rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.limits.rate_limit import limit
from core.forms import cleaned
from core.http.posts import hidden
from features.boards import row_requests
from features.boards.display import ballot
from features.boards.models import Board
from features.boards.row_requests import RowForm
from features.boards.views.vote import NO_FILE, serve
from features.boards.votes import ballots
from features.sharing import reviewers
from features.sharing.access import UNKNOWN, Visit, for_visitors
from features.sharing.events import raise_version
from features.sharing.kinds.board import Board as BoardKind
from features.sharing.kinds.table import kind_of
from features.sharing.reviewers import participant_of
from features.sharing.views import visit as visits
from features.sharing.visits import asked_rows

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from projects.kept.voices.participant import Participant

CLOSED = "Voting has ended. Thank you for looking."


def for_voters(view: Callable[..., Any]) -> Callable[..., HttpResponseBase]:
    """Call a view with the board and the cells that the share shows, if it takes votes."""

    @for_visitors
    @wraps(view)
    def checked(request: HtmxRequest, visit: Visit, /, **parts: Any) -> HttpResponseBase:
        kind = kind_of(visit.share)
        votable = kind.votable(visit.share) if isinstance(kind, BoardKind) else None
        if votable is None or not visit.share.takes_votes:
            raise Http404(UNKNOWN)
        response: HttpResponseBase = view(request, visit, *votable, **parts)
        return response

    return checked


@require_http_methods(["GET", "HEAD", "POST"])
@for_voters
def vote(request: HtmxRequest, visit: Visit, board: Board, cells: set[int]) -> HttpResponseBase:
    """Show a pair of results; a POST has the voter's name, or the choice between the two."""
    if request.method != "POST":
        return _render_vote(request, visit, board, cells)
    if not visit.share.is_open:
        return _render_vote(request, visit, board, cells)
    try:
        reviewer = reviewers.reviewer_for_post(request, visit)
    except reviewers.NameRefused as refusal:
        context = {"name_problem": str(refusal), "name_typed": refusal.name}
        return _render_vote(request, visit, board, cells, **context)
    voter = reviewer.participant
    if pair := hidden(request, "pair"):
        try:
            ballots.record(voter, board, pair, hidden(request, "choice"), cells)
        except ValueError as error:
            return _render_vote(request, visit, board, cells, problem=str(error))
    response = (
        _render_vote(request, visit, board, cells)
        if request.htmx
        else redirect("sharing:share-vote", visit.share.token)
    )
    reviewers.remember(response, request, reviewer)
    return response


@require_POST
@for_voters
def retraction(
    request: HtmxRequest, visit: Visit, board: Board, cells: set[int]
) -> HttpResponseBase:
    """Retract the voter's last vote; its pair can be judged again."""
    voter = participant_of(request, visit)
    if voter and visit.share.is_open:
        ballots.take_back(voter, board)
    if request.htmx:
        return _render_vote(request, visit, board, cells)
    return redirect("sharing:share-vote", visit.share.token)


@require_safe
@for_voters
def file(
    request: HtmxRequest, visit: Visit, board: Board, cells: set[int], ballot_token: str
) -> HttpResponseBase:
    """Serve a file of a ballot that this voter was shown, without name and metadata."""
    voter = participant_of(request, visit)
    if voter is None:
        raise Http404(NO_FILE)
    response = serve(request, board, voter, ballot_token)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _render_vote(
    request: HtmxRequest,
    visit: Visit,
    board: Board,
    cells: set[int],
    **refused: str,
) -> HttpResponse:
    share, voter = visit.share, participant_of(request, visit)
    context: dict[str, Any] = {
        "share": share,
        "visit": visit,
        "voter": voter,
        "closed": "" if share.is_open else CLOSED,
        "vote_url": reverse("sharing:share-vote", args=[share.token]),
        "retraction_url": reverse("sharing:share-vote-retraction", args=[share.token]),
        **refused,
    }
    if voter and share.is_open:
        pair, context["progress"] = ballots.next_pair(voter, board, cells)
        context |= _ballot(visit, board, voter, pair).context if pair else {}
    template = (
        "features/boards/judge/_judge.html"
        if request.htmx and voter
        else "features/sharing/vote.html"
    )
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return render(request, template, context, status=status)


def _ballot(visit: Visit, board: Board, voter: Participant, pair: ballots.Pair) -> ballot.Ballot:
    def address_of(file_token: str) -> str:
        return reverse("sharing:share-vote-file", args=[visit.share.token, file_token])

    full = ballot.ballot_of(voter, board, pair, address_of)
    return full if visit.share.shows_settings else replace(full, input="", input_files=[])


@limit("review")
@require_POST
@for_visitors
def rows(request: HtmxRequest, visit: Visit) -> HttpResponse:
    """Request a row for `prompt` as `name`; if refused, show the page again with a sentence."""
    share, form = visit.share, RowForm(request.POST)
    board = asked_rows.board_of(share)
    if board is None:
        raise Http404(UNKNOWN)
    try:
        row = asked_rows.row_of(share, board, cleaned(form)["prompt"])
        with transaction.atomic():
            reviewer = reviewers.reviewer_for_post(request, visit)
            row_requests.request_row(reviewer.participant, board, row)
            raise_version(share.pk)
    except reviewers.NameRefused as refusal:
        problem = {"name_problem": str(refusal)}
    except ValueError as error:
        problem = {"row_problem": str(error)}
    else:
        response = redirect(f"{share.get_absolute_url()}#rows")
        reviewers.remember(response, request, reviewer)
        return response
    typed_name = hidden(request, reviewers.NAME_FIELD)
    context = {"row_typed": form["prompt"].value(), "name_typed": typed_name, **problem}
    return visits.render_share(request, visit, context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
