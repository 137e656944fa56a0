"""Blind votes: the ballot, its files, and the results."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import trail
from core.http.caching import no_store
from core.http.downloads import download
from core.http.parameters import parse_key
from core.http.posts import hidden
from features.boards import decisions
from features.boards.access import BoardRights
from features.boards.display import ballot
from features.boards.display.judge import report_panes, report_rows
from features.boards.export.table import votes_table
from features.boards.models import Board, Row
from features.boards.views.actions import for_makers
from features.boards.views.board import find
from features.boards.views.files import file_name
from features.boards.votes import ballots, voting
from features.boards.votes.listing import ORDERS, listing_of
from features.boards.votes.rankings import column_names, rankings
from features.notifications import inbox
from projects.kept.voices.participant import Participant
from runs.files import derived_files, stripped_copies
from runs.files.stripped_copies import MEDIA_TYPES
from runs.files.stripped_copies import copy_of as ready_copy
from runs.models import Artifact, DerivedFile, Run
from runs.views import files

if TYPE_CHECKING:
    from django.http import HttpRequest

    from core.http.htmx import HtmxRequest

View = Callable[..., Any]
NO_FILE = "No such file."


def for_voters(view: View) -> View:
    """Decorate a board's view for its voters: project members, and others by the open link.

    All others get the same page whether or not the board exists or was ever voted on.
    """

    @wraps(view)
    def wrapped(request: HtmxRequest, pk: uuid.UUID, **parts: Any) -> HttpResponseBase:
        board = Board.objects.kept().select_related("project").filter(pk=pk).first()
        token = request.GET.get("token", "")
        if board and voting.is_admitted(request.user, request.session, board, token):
            answer: HttpResponseBase = view(request, board, **parts)
            return answer
        closed = render(request, "features/boards/votes/closed.html", status=404)
        closed.headers["HX-Refresh"] = "true"  # of a ballot that is still open in a browser
        return closed

    return wrapped


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
@for_voters
def vote(request: HtmxRequest, board: Board) -> HttpResponse:
    """Show a pair; a POST records the voter's choice."""
    problem = ""
    if request.method == "GET":
        inbox.see(request.user, board, voting.VOTE_OPENED.name)
    token = hidden(request, "pair")  # the last ballot shows no pair: nothing to record
    if token:
        try:
            voter = Participant.of_user(request.user)
            ballots.record(voter, board, token, hidden(request, "choice"))
        except ValueError as error:
            problem = str(error)
        else:
            if not request.htmx:
                return redirect("boards:vote", board.pk)
    return _ballot(request, board, problem)


def _ballot(request: HtmxRequest, board: Board, problem: str = "") -> HttpResponse:
    voter = Participant.of_user(request.user)
    pair, progress = ballots.next_pair(voter, board)
    context = {
        "board_id": board.pk,
        "vote_url": reverse("boards:vote", args=[board.pk]),
        "retraction_url": reverse("boards:vote-retraction", args=[board.pk]),
        "is_member": voting.is_member(request.user, board),
        "progress": progress,
        "problem": problem,
        **(ballot.ballot_of(voter, board, pair).context if pair else {}),
    }
    template = (
        "features/boards/judge/_judge.html" if request.htmx else "features/boards/judge/judge.html"
    )
    return render(request, template, context, status=422 if problem else 200)


@require_POST
@no_store
@for_voters
def vote_retraction(request: HtmxRequest, board: Board) -> HttpResponse:
    """Retract one's last vote; its pair can be judged again."""
    ballots.take_back(Participant.of_user(request.user), board)
    return _ballot(request, board) if request.htmx else redirect("boards:vote", board.pk)


@require_safe
@for_voters
def vote_file(request: HtmxRequest, board: Board, token: str) -> HttpResponseBase:
    """Serve a file of one of the user's ballots."""
    return serve(request, board, Participant.of_user(request.user), token)


@require_safe
@no_store
def results(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the results of votes and marks by column."""
    board = find(request, pk)
    rights = BoardRights(request.user, board)
    link = voting.link_of(board) if rights.may_change else ""
    names = column_names(board.columns.named())
    number = parse_key(request.GET.get("page", "")) or 1
    ranked = rankings(board)
    context = {
        "board": board,
        "rankings": ranked,
        "has_winner": bool(board.taken_id or ranked[0].vote_count or ranked[0].has_wins),
        "panes": report_panes(board, ranked[0]),
        "rows": report_rows(board),
        "decision": decisions.in_words(board, ranked[0]),
        "listing": listing_of(board, names, request.GET.get("order", ""), number),
        "orders": ORDERS,
        "rights": rights,
        "was_reset": board.votes.filter(reset_at__isnull=False).exists(),
        "link": request.build_absolute_uri(link) if link else "",
    }
    return render(request, "features/boards/votes/results.html", context)


@require_safe
@no_store
def votes(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Export every vote as CSV."""
    board = find(request, pk)
    trail.record_export(request, [board], "its votes")
    return download(votes_table(board), f"{file_name(board)}-votes.csv")


@for_makers
def opening(request: HtmxRequest, board: Board) -> HttpResponseBase:
    """Open the blind vote: the results page shows its link."""
    voting.open_voting(request.user, board)
    return redirect("boards:board-results", board.pk)


@for_makers
def closure(request: HtmxRequest, board: Board) -> HttpResponseBase:
    """Close the blind vote: its link ends at once, for everybody."""
    voting.close_voting(board)
    messages.info(request, "Voting is closed. Opening it again makes a new link.")
    return redirect("boards:board-results", board.pk)


@for_makers
def votes_reset(request: HtmxRequest, board: Board) -> HttpResponseBase:
    """Reset the votes so that they no longer count; this can be undone."""
    count = ballots.reset(board)
    messages.info(request, f"{count} vote{'s' * (count != 1)} no longer count.")
    return redirect("boards:board-results", board.pk)


@for_makers
def votes_recovery(request: HtmxRequest, board: Board) -> HttpResponseBase:
    """Undo the last reset: its votes count again."""
    count = ballots.restore(board)
    messages.info(request, f"{count} vote{'s' * (count != 1)} count again.")
    return redirect("boards:board-results", board.pk)


# Serves the files of a ballot: to users by `boards:vote-file`, to guests by a share.


def serve(request: HttpRequest, board: Board, voter: Participant, token: str) -> HttpResponseBase:
    """Serve a file without its name, and without metadata that reveal its origin.

    Raises Http404 unless the token is from a ballot that this voter was shown.
    """
    try:
        kind, *parts = ballots.decrypt_token("file", voter.key, token)
    except ValueError as error:
        raise Http404(NO_FILE) from error
    keys = [int(part) for part in parts]
    stored_file = _result_file(board, *keys) if kind == ballot.RESULT else _input_file(board, *keys)
    if stored_file is None:
        raise Http404(NO_FILE)
    file, content_type = stored_file.file, stored_file.content_type
    tag = salted_hmac("boards.votes.file", token).hexdigest()

    def serve() -> HttpResponseBase:
        is_media = kind == ballot.RESULT or content_type.startswith(MEDIA_TYPES)
        try:
            served = _stripped(file) if is_media else file
        except stripped_copies.NotReady as soon:
            return files.meanwhile(request, stored_file, str(soon))
        if is_media and isinstance(stored_file, Artifact):
            derived_files.record_stored(stored_file, DerivedFile.What.STRIPPED, served)
        return files.serve(request, served, content_type, "result", tag=tag)

    return files.from_storage(file, files.NOT_HERE, serve)


def _stripped(file: str) -> str:
    try:
        return ready_copy(file)
    except stripped_copies.NotReady:
        raise
    except stripped_copies.NotStripped as error:
        raise Http404(str(error)) from error


def _result_file(board: Board, artifact: int) -> Artifact | None:
    readable_runs = Run.objects.readable_with(board).filter(cells__board=board)
    stored_artifacts = Artifact.objects.filter(state=Artifact.State.STORED, run__in=readable_runs)
    return stored_artifacts.filter(pk=artifact).first()


def _input_file(board: Board, row: int, place: int) -> ballot.StoredInput | None:
    values = get_object_or_404(Row, pk=row, board=board).values
    addresses = ballot.input_addresses(values)[place : place + 1]
    return ballot.input_file(board, addresses[0]) if addresses else None
