"""A board's standing trials: their settings, a preview, pausing, and dismissing one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from catalog.curation import query_news
from catalog.models import Endpoint, Favourite, Revision
from catalog.search import engine
from catalog.search.index import current
from catalog.search.query import Query
from core.formatting import counted, money
from features.boards.models import Board, StandingTrial, Trial
from features.boards.runs.locking import lock
from features.boards.trials.planning import trial_plan
from features.boards.trials.sending import best_column

if TYPE_CHECKING:
    pass

UNFIT = "does not fit"
MAX_PRICED = 3  # of the models that fit now, newest first


def standing_of(board: Board) -> StandingTrial:
    """Return the board's settings; unsaved defaults if there are none."""
    standing = StandingTrial.objects.filter(pk=board.pk).select_related("reference").first()
    return standing or StandingTrial(board=board)


@dataclass(frozen=True)
class Preview:
    """The models that fit the search now, and the cost of trying each of the newest ones."""

    count: int
    priced: list[tuple[Endpoint, str]]

    @property
    def summary(self) -> str:
        """Return how many models fit."""
        return f"{counted(self.count, 'model')} {'fits' if self.count == 1 else 'fit'}"


def preview(board: Board, standing: StandingTrial) -> Preview | None:
    """Return the models that the search finds now; None without a search."""
    if not standing.params:
        return None
    query = Query.from_address(f"?{standing.params}")
    starred = frozenset(Favourite.objects.endpoints_of(board.user))
    index = current(Revision.current())
    places = engine.find_all(query, starred, index)
    by_age = replace(query, sort="newest")
    newest = engine.search_slice(by_age, starred, 0, MAX_PRICED).endpoints
    base = best_column(board, None) if newest else None
    totals = [(endpoint, trial_plan(board, endpoint, base).total) for endpoint in newest]
    priced = [(endpoint, total.page_label if total else UNFIT) for endpoint, total in totals]
    return Preview(len(places), priced)


def pause(board: Board, *, is_paused: bool) -> str:
    """Pause or resume the trials; returns a sentence about it."""
    before, after = StandingTrial.State.ON, StandingTrial.State.PAUSED
    if not is_paused:
        before, after = after, before
    with transaction.atomic():
        lock(board.pk)
        StandingTrial.objects.filter(board=board, state=before).update(state=after)
    if is_paused:
        return "Trials are paused: new models are recorded, but nothing is sent."
    return "Trials are on again."


def dismiss(board: Board, pk: int, *, is_dismissed: bool) -> None:
    """Dismiss a trial, or undo that; no effect if it was sent."""
    with transaction.atomic():
        lock(board.pk)
        trial = board.trials.get(pk=pk)
        if trial.can_be_sent:
            trial.state = Trial.State.DISMISSED if is_dismissed else Trial.State.WAITING
            trial.note, trial.decided_at = "", timezone.now()
            trial.save(update_fields=["state", "note", "decided_at"])


def spent_words(spent: Decimal, standing: StandingTrial) -> str:
    """Return `$0.40 of $5.00 this month`."""
    return f"{money(spent)} of {money(standing.monthly_cap_usd)} this month"


def words_of(params: str) -> str:
    """Return a stored search in words; empty without one."""
    return query_news.in_words(query_news.query_of(params)) if params else ""
