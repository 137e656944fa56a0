"""The decision of a board: which model was taken, by whom and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import formats, timezone

from accounts import permissions
from accounts.audit import trail
from catalog.curation import moderation
from catalog.curation.text_cleaning import one_line
from catalog.models import Endpoint, Standing
from core.formatting import counted
from features.boards.models import Board, Column, RowMark
from features.boards.models.board import WHY_CHARS
from features.boards.plan.plan import ASKED, last_text
from features.boards.votes.rankings import Ranking, name_of
from runs.promises.places import Place

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

MOST = 5  # decisions named on a model's page
ASKED_CHARS = 160


def may_mark(user: User | AnonymousUser) -> bool:
    """Return True if the user may also mark the model as approved for the whole house."""
    return user.is_staff and permissions.may(user, permissions.CHANGE_ENDPOINT)


@transaction.atomic
def take(user: User, board: Board, column: Column, why: str, *, is_approved: bool = False) -> None:
    """Record that the model of a column is taken; raises ValueError without a reason.

    With `is_approved`, also mark the model as approved, if the user may.
    """
    why = one_line(why, WHY_CHARS, "reason")
    if not why:
        raise ValueError("Say why you take it: readers of the board want to know.")
    _save(board, column, user, why)
    trail.record(user, "decided on", [board], f"{name_of(column)}: {why}")
    if is_approved and may_mark(user):
        models = Endpoint.objects.filter(pk=column.endpoint_id)
        moderation.set_status(models, Standing.APPROVED, why, by=user)


@transaction.atomic
def take_back(user: User, board: Board) -> None:
    """Undo the decision. An approval stays; curators remove it on the model's page."""
    if board.taken_id:
        _save(board, None, None, "")
        trail.record(user, "took back the decision of", [board])


def answer(user: User, board: Board) -> None:
    """Make the winner of a board that answers a question its decision; none takes it back."""
    if ASKED not in board.plan:
        return
    mark = RowMark.objects.filter(row__board=board).exclude(winner=None).first()
    if mark and mark.winner and mark.winner_id != board.taken_id:
        models = counted(board.columns.count(), "model")
        question = f" for “{last_text(board.plan, ASKED)[:ASKED_CHARS]}”"
        take(user, board, mark.winner, f"the best of {models}{question}")
    elif mark is None:
        take_back(user, board)


def in_words(board: Board, ranking: Ranking) -> str:
    """Return what was chosen and who won: by votes, or without votes by rows."""
    best = max(ranking.columns, key=lambda column: (column.share or 0, column.rows_won))
    if ranking.vote_count:
        won = f"won {best.wins} of {counted(best.votes, 'vote')}"
    else:
        won = f"won {counted(best.rows_won, 'row')}" if best.rows_won else ""
    taken = next((ranked for ranked in ranking.columns if ranked.column == board.taken), None)
    if taken is None:
        return f"{best.name} {won}. Nothing is chosen yet." if won else "Nothing is chosen yet."
    if not won:
        chosen = f"{taken.name} was chosen"
    elif taken == best:
        chosen = f"{taken.name} {won} and was chosen"
    else:
        chosen = f"{taken.name} was chosen, although {best.name} {won}"
    return f"{chosen}: {board.taken_why}"


def _save(board: Board, column: Column | None, by: User | None, why: str) -> None:
    board.taken, board.taken_by, board.taken_why = column, by, why
    board.taken_at = timezone.now() if column else None
    board.save(update_fields=["taken", "taken_by", "taken_why", "taken_at"])


def decisions_for(user: User | AnonymousUser, endpoint: Endpoint) -> list[Place]:
    """Return the newest boards that the user sees and for which the model was taken."""
    boards = Board.objects.kept().shown_to(user).filter(taken__endpoint=endpoint)
    newest = boards.select_related("taken_by").order_by("-taken_at")[:MOST]
    return [
        Place(
            "Taken for", str(board), board.get_absolute_url(), f"{_made(board)}: {board.taken_why}"
        )
        for board in newest
    ]


def _made(board: Board) -> str:
    """Return who has decided, and on which day."""
    user = board.taken_by
    name = user.get_short_name() or user.get_username() if user else "a former member"
    day = formats.date_format(timezone.localtime(board.taken_at), "j F Y")
    return f"by {name} on {day}"
