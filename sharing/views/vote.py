"""What visitors do on a shared board: the blind vote, and asking for rows."""

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

from boards import row_requests
from boards.display import ballot
from boards.models import Board
from boards.views.vote import NO_FILE, serve
from boards.votes import ballots
from people.accounts.limits.rate_limit import limit
from sharing import reviewers
from sharing.access import UNKNOWN, Visit, for_visitors
from sharing.events import raise_version
from sharing.kinds.board import Board as BoardKind
from sharing.kinds.table import kind_of
from sharing.participants import known_participant, participant_of
from sharing.views import visit as visits
from sharing.visits import asked_rows

if TYPE_CHECKING:
    from boards.participants import Participant
    from core.http.htmx import HtmxRequest

CLOSED = "Voting is over here. Thank you for looking."


def for_voters(view: Callable[..., Any]) -> Callable[..., HttpResponseBase]:
    """Call a view with the board and its cells that the share shows, where it takes votes."""

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
    """Show a pair of results; a POST says the voter's name, or which of the two is better."""
    if request.method != "POST":
        return _page(request, visit, board, cells)
    if not visit.share.is_open:
        return _page(request, visit, board, cells)
    try:
        reviewer = reviewers.reviewer_for_post(request, visit)
    except reviewers.NameRefused as refusal:
        context = {"problem": refusal.sentence, "typed": refusal.name}
        return _page(request, visit, board, cells, **context)
    voter = participant_of(visit, reviewer)
    if pair := request.POST.get("pair", ""):
        try:
            ballots.record(voter, board, pair, request.POST.get("choice", ""), cells)
        except ValueError as error:
            return _page(request, visit, board, cells, problem=str(error))
    response = (
        _page(request, visit, board, cells)
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
    """Take one's last vote back; its pair can be judged again."""
    voter = known_participant(request, visit)
    if voter and visit.share.is_open:
        ballots.take_back(voter, board)
    if request.htmx:
        return _page(request, visit, board, cells)
    return redirect("sharing:share-vote", visit.share.token)


@require_safe
@for_voters
def file(
    request: HtmxRequest, visit: Visit, board: Board, cells: set[int], ballot_token: str
) -> HttpResponseBase:
    """Serve a file of a ballot that this voter was shown, without name and metadata."""
    voter = known_participant(request, visit)
    if voter is None:
        raise Http404(NO_FILE)
    response = serve(request, board, voter, ballot_token)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _page(
    request: HtmxRequest,
    visit: Visit,
    board: Board,
    cells: set[int],
    problem: str = "",
    typed: str = "",
) -> HttpResponse:
    share, voter = visit.share, known_participant(request, visit)
    context: dict[str, Any] = {
        "share": share,
        "visit": visit,
        "problem": problem,
        "typed": typed,
        "voter": voter,
        "closed": "" if share.is_open else CLOSED,
        "trap": reviewers.TRAP_FIELD,
        "vote_url": reverse("sharing:share-vote", args=[share.token]),
        "retraction_url": reverse("sharing:share-vote-retraction", args=[share.token]),
    }
    if voter and share.is_open:
        pair, context["progress"] = ballots.next_pair(voter, board, cells)
        context |= _ballot(visit, board, voter, pair).context if pair else {}
    template = "boards/judge/_judge.html" if request.htmx and voter else "sharing/vote.html"
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return render(request, template, context, status=status)


def _ballot(visit: Visit, board: Board, voter: Participant, pair: ballots.Pair) -> ballot.Ballot:
    def address_of(file_token: str) -> str:
        return reverse("sharing:share-vote-file", args=[visit.share.token, file_token])

    shown = ballot.ballot_of(voter, board, pair, address_of)
    return shown if visit.share.shows_settings else replace(shown, input="", input_files=[])


@limit("review")
@require_POST
@for_visitors
def rows(request: HtmxRequest, visit: Visit) -> HttpResponse:
    """Let a row for `prompt` wait, asked for by `name`; refused, the page again with a sentence."""
    share, typed = visit.share, request.POST.get("prompt", "")
    board = asked_rows.board_of(share)
    if board is None:
        raise Http404(UNKNOWN)
    try:
        row = asked_rows.row_of(share, board, typed)
        with transaction.atomic():
            reviewer = reviewers.reviewer_for_post(request, visit)
            row_requests.request_row(participant_of(visit, reviewer), board, row)
            raise_version(share.pk)
    except reviewers.NameRefused as refused:
        problem = {"name_problem": refused.sentence}
    except ValueError as error:
        problem = {"row_problem": str(error)}
    else:
        response = redirect(f"{share.get_absolute_url()}#rows")
        reviewers.remember(response, request, reviewer)
        return response
    typed_name = request.POST.get(reviewers.NAME_FIELD, "")
    context = {"row_typed": typed, "name_typed": typed_name, **problem}
    return visits.page(request, visit, context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
