"""Comments on a board: a page of all threads or of one place, and actions on each."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from core.forms import cleaned
from core.http.caching import no_store
from core.http.parameters import parse_key
from core.http.posts import hidden
from core.refusals import Refused
from core.resource import Resource
from features.boards.access import BoardRights
from features.boards.comments import (
    COMMENTED,
    MENTIONED,
    CommentForm,
    bring_back,
    delete,
    place_of,
    say,
    threads_of,
)
from features.boards.display import listing
from features.boards.models import Board, Cell, Comment, Row
from features.boards.views.board import find, find_as_member
from features.boards.votes.rankings import column_names
from features.notifications import inbox
from projects import roles
from projects.kept.voices.participant import Participant

if TYPE_CHECKING:
    from django.http import QueryDict

    from core.http.htmx import HtmxRequest
    from projects.kept.voices.comment import CommentQuerySet

MAY_NOT = "You may not comment on this board. {} to let you."


class Place(NamedTuple):
    """The subject of a page of comments: a cell, a row, or, without either, the board."""

    row: Row | None = None
    cell: Cell | None = None

    @property
    def query(self) -> str:
        """Return the query string of its page."""
        if self.cell:
            return f"?cell={self.cell.pk}"
        return f"?row={self.row.pk}" if self.row else ""


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def comments(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show the threads of the board, of `?cell=` or of `?row=`; a POST writes a comment there."""
    board = find(request, pk)
    place = _place(board, request.GET)
    if request.method != "POST":
        inbox.see(request.user, board, MENTIONED, COMMENTED)
        return _render_comments(request, board, place)
    rights = BoardRights(request.user, board)
    if not rights.may_comment:
        raise PermissionDenied(MAY_NOT.format(roles.ask(board.project)))
    form = CommentForm(request.POST, comments=_comments(board))
    author = Participant.of_user(request.user)
    try:
        comment = say(author, board, **cleaned(form), **place._asdict())
    except Refused as refusal:
        answered = form.cleaned_data.get("parent")
        draft = {"typed": form["text"].value(), "typed_at": answered and answered.pk}
        return _render_comments(request, board, place, status=422, problem=str(refusal), **draft)
    return _done(request, board, place, comment.pk)


@require_POST
def resolution(request: HtmxRequest, pk: uuid.UUID, comment: int) -> HttpResponseBase:
    """Resolve or reopen a thread, for people who may change the board and the thread's author."""
    board = find_as_member(request, pk)
    thread = _find(board, comment).first
    rights = BoardRights(request.user, board)
    is_own = thread.is_by(Participant.of_user(request.user))
    if not (rights.may_change or (is_own and rights.may_comment)):
        raise PermissionDenied(
            "Only the person who started a thread and people who may change the board can "
            "resolve it."
        )
    thread.set_resolved(hidden(request, "resolved") == "1", request.user)
    return _done(request, board, _place(board, request.GET), thread.pk)


@require_POST
def deletion(request: HtmxRequest, pk: uuid.UUID, comment: int) -> HttpResponseBase:
    """Delete a comment, for its author and the board's managers; the page offers to undo it."""
    board = find_as_member(request, pk)
    deleted = _find(board, comment)
    _require_may_delete(request, board, deleted)
    delete(Participant.of_user(request.user), deleted)
    place = _place(board, request.GET)
    if request.htmx:
        return _render_comments(request, board, place, deleted=deleted.pk)
    return redirect(COMMENTS.undo_address(f"{_address(board)}{place.query}", deleted.pk))


class Comments(Resource[Comment]):
    """Restores deleted comments, for people who may delete them."""

    model, list_route, parts = Comment, "boards:boards", ()

    def visible_rows(self, request: HtmxRequest) -> Any:
        """Return the deleted comments on the boards that the user sees."""
        boards = Board.objects.kept().shown_to(request.user)
        rows = Comment.objects.filter(board__in=boards).exclude(deleted_at=None)
        return rows.select_related("board__project")

    def restore(self, request: HtmxRequest, row: Comment) -> None:
        _require_may_delete(request, row.board, row)
        bring_back(row, may_remove=BoardRights(request.user, row.board).may_remove)

    def answer_undo(self, request: HtmxRequest, row: Comment) -> HttpResponseBase:
        return redirect(f"{_address(row.board)}#comment-{row.pk}")

    def list_address(self, request: HtmxRequest, row: Comment) -> str:
        return _address(row.board)


COMMENTS = Comments()


def _require_may_delete(request: HtmxRequest, board: Board, comment: Comment) -> None:
    is_own = comment.is_by(Participant.of_user(request.user))
    if not is_own and not BoardRights(request.user, board).may_remove:
        raise PermissionDenied(
            "Only a comment's author and people who manage the board can delete it."
        )


def _place(board: Board, query: QueryDict) -> Place:
    """Return the place in an address; raises Http404 if the board does not have it."""
    if key := parse_key(query.get("cell", "")):
        cells = board.cells.select_related("row", "column__endpoint", "run")
        return Place(cell=get_object_or_404(cells, pk=key))
    if key := parse_key(query.get("row", "")):
        return Place(row=get_object_or_404(board.rows, pk=key))
    return Place()


def _comments(board: Board) -> CommentQuerySet[Comment]:
    return board.comments.kept().select_related("parent", "row", "cell")


def _find(board: Board, key: int) -> Comment:
    """Return a comment of the board that is not deleted; raises Http404."""
    comment = get_object_or_404(_comments(board), pk=key)
    comment.board = board
    return comment


def _address(board: Board) -> str:
    return reverse("boards:board-comments", args=[board.pk])


def _done(request: HtmxRequest, board: Board, place: Place, comment_pk: int) -> HttpResponseBase:
    if request.htmx:
        return _render_comments(request, board, place)
    return redirect(f"{_address(board)}{place.query}#comment-{comment_pk}")


def _render_comments(
    request: HtmxRequest, board: Board, place: Place, status: int = 200, **more: Any
) -> HttpResponse:
    rights = BoardRights(request.user, board)
    names = column_names([place.cell.column]) if place.cell else {}
    context = {
        "board": board,
        "rights": rights,
        "place": place_of(place.cell.row if place.cell else place.row, place.cell, names),
        "place_query": place.query,
        "cell": place.cell,
        "picture": listing.picture_of_cell(board, place.cell) if place.cell else "",
        "threads": threads_of(board, **place._asdict()),
        "why_not": "" if rights.may_comment else MAY_NOT.format(roles.ask(board.project)),
    }
    name = "_comments" if request.htmx else "comments"
    return render(request, f"features/boards/comments/{name}.html", context | more, status=status)
