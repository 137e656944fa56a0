"""Notifies boards' owners about their standing trials."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse

from features.boards.models import Board, Trial
from features.boards.trials.outcomes import Outcome, changed_since, outcomes_of
from features.notifications import kinds, outbox
from projects import roles

MAX_TOLD = 40
TOLD_STATES = (Trial.State.DONE, Trial.State.HELD, Trial.State.UNFIT, Trial.State.REFUSED)


def _loaded(trials: QuerySet[Trial]) -> QuerySet[Trial]:
    """Return the trials with all rows that their outcomes need, newest first."""
    return trials.prefetch_related(
        "endpoint", "column__endpoint", "reference__endpoint", "former__endpoint"
    ).order_by("-pk")


def notify_owners(since: datetime) -> int:
    """Notify owners of outcomes that have changed since then; returns how many were notified.

    Each trial is reported once when it is decided, and once when all of its rows are judged:
    the outbox ignores repeats (`features/notifications/outbox.py`).
    """
    changed_trials = Trial.objects.filter(changed_since(since), board__deleted_at=None)
    decided = changed_trials.filter(state__in=TOLD_STATES)
    decided = decided.select_related("board__user", "board__project")
    trials = list(_loaded(decided)[:MAX_TOLD])
    return sum(_notify_owner(outcome) for outcome in (outcomes_of(trials) if trials else []))


def _notify_owner(outcome: Outcome) -> bool:
    trial = outcome.trial
    if not roles.role_in(trial.board.project, trial.board.user):
        return False
    is_judged = outcome.judged >= outcome.rows > 0
    stage, title = "judged" if is_judged else trial.state, f"{outcome.name} {outcome.predicate}"
    return outbox.notify(
        trial.board.user,
        kinds.TRIAL_NEWS,
        subject=title,
        text=f"{title}\n{trial.get_reason_display()}, on the board “{trial.board}”.",
        path=f"{reverse('boards:board-trials', args=[trial.board_id])}#trial-{trial.pk}",
        key=f"trial {trial.pk} {stage}",
        about=trial.board,
    )


def of_board(board: Board) -> list[Outcome]:
    """Return the outcomes of all trials of a board, newest first. One query without any."""
    trials = list(_loaded(board.trials.all()))
    return outcomes_of(trials) if trials else []
