"""The decision of a board: which model was taken, by whom and why."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import formats, timezone

from accounts import permissions
from accounts.audit import trail
from catalog.curation import marks
from catalog.curation.text_cleaning import one_line
from catalog.models import Endpoint, Mark
from core.formatting import counted, money
from features.boards.models import Board, Column, RowMark, Vote
from features.boards.models.board import WHY_CHARS
from features.boards.models.vote import IN_ONE_VIEW
from features.boards.plan.plan import ASKED, last_text
from features.boards.votes.rankings import Ranking, name_of
from runs.models import Run
from runs.promises.places import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import AnonymousUser, User

MOST = 5  # decisions named on a model's page
ASKED_CHARS = 160


class Judged(NamedTuple):
    """How much of a board was judged: its rows with several results, and the results in them.

    A row is judged if its runs have ended and it has a winner that all its results have met, or a
    blind vote, or if each of its results has stars or a verdict.
    """

    rows: int
    judged: int
    results: int

    @property
    def is_whole(self) -> bool:
        """Whether a decision can be written: every row was judged."""
        return self.judged == self.rows

    @property
    def sentence(self) -> str:
        """What a decision rests on, or what it still needs."""
        rows = counted(self.rows, "row")
        if self.is_whole:
            return f"It rests on {rows} with {counted(self.results, 'result')}."
        return f"{self.judged} of {rows} judged."


def judged(board: Board) -> Judged:
    """Return how much of a board was judged. One query, two if a row has more than one view."""
    shown = Q(
        cells__replaced_at=None,
        cells__run__state=Run.State.SUCCEEDED,
        cells__run__deleted_at=None,
    )
    under_way = [state for state in Run.State if state not in Run.FINAL]
    has_mark = shown & (Q(cells__mark__stars__gt=0) | ~Q(cells__mark__verdict=""))
    votes = Vote.objects.counted().filter(first__row=OuterRef("pk"))
    rows = board.rows.order_by().annotate(
        results=Count("cells", filter=shown, distinct=True),
        coming=Count(
            "cells",
            filter=Q(cells__replaced_at=None, cells__run__state__in=under_way),
            distinct=True,
        ),
        marked=Count("cells__mark", filter=has_mark, distinct=True),
        has_votes=Exists(votes),
    )
    columns = ("pk", "results", "coming", "marked", "has_votes", "mark__winner")
    found = list(rows.values_list(*columns))
    unmet = _unmet(board, [pk for pk, results, *_ in found if results > IN_ONE_VIEW])
    counts = [
        (
            results,
            not coming and bool((winner and pk not in unmet) or has_votes or marked == results),
        )
        for pk, results, coming, marked, has_votes, winner in found
        if results + coming > 1
    ]
    return Judged(
        len(counts), sum(is_done for _, is_done in counts), sum(results for results, _ in counts)
    )


def _unmet(board: Board, rows: Sequence[int]) -> set[int]:
    """Return those of the rows with a result that has not stood beside the winner."""
    if not rows:
        return set()
    shown = board.cells.filter(
        row__in=rows, replaced_at=None, run__state=Run.State.SUCCEEDED, run__deleted_at=None
    )
    cells = shown.order_by().values_list("row_id", "pk", "row__mark__met")
    return {row for row, cell, met in cells if met and cell not in met}


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
        marks.set_mark(models, Mark.APPROVED, why, by=user)


@transaction.atomic
def take_back(user: User, board: Board) -> None:
    """Undo the decision. An approval stays; curators remove it on the model's page."""
    if board.taken_id:
        _save(board, None, None, "")
        trail.record(user, "took back the decision of", [board])


def answer(user: User, board: Board) -> None:
    """Take the winner of a board that answers a question, once all is judged; else take it back."""
    if ASKED not in board.plan:
        return
    marks = RowMark.objects.decided().filter(row__board=board)
    won = Counter(mark.winner for mark in marks.select_related("winner__endpoint"))
    if not won or not judged(board).is_whole:
        take_back(user, board)
        return
    (best, _), *_ = won.most_common(1)
    if best and best.pk != board.taken_id:
        models = counted(board.columns.count(), "model")
        question = f" for “{last_text(board.plan, ASKED)[:ASKED_CHARS]}”"
        take(user, board, best, f"the best of {models}{question}")


def in_words(board: Board, ranking: Ranking) -> str:
    """Return who won, by votes or without votes by rows, at which price, and what was chosen."""
    best = ranking.best
    if ranking.vote_count:
        won = f"won {best.wins} of {counted(best.votes, 'vote')}"
    else:
        won = f"won {best.rows_won} of {counted(best.rows, 'row')}" if best.rows_won else ""
    if won and best.price and ranking.has_prices:
        won += f" at {money(best.price)} a run"
    taken = next((ranked for ranked in ranking.columns if ranked.column == board.taken), None)
    if taken is None:
        return f"{best.name} {won}; nothing was decided." if won else "Nothing was decided yet."
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
