"""News of standing trials for boards' owners: on the front page, in the feed, as messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from boards.models import Board, Trial
from boards.trials.outcomes import Outcome, changed_since, outcomes_of
from catalog.changelog.personal_news import Entry
from notifications import kinds, outbox
from projects import roles
from projects.models.in_project import is_member

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_TOLD = 40
TOLD_STATES = (Trial.State.DONE, Trial.State.HELD, Trial.State.UNFIT, Trial.State.REFUSED)
TOLD_FOR = timedelta(days=60)


def loaded(trials: QuerySet[Trial]) -> QuerySet[Trial]:
    """Return the trials with all rows that their outcomes need, newest first."""
    return trials.prefetch_related(
        "endpoint", "column__endpoint", "reference__endpoint", "former__endpoint"
    ).order_by("-pk")


def entries(user: User) -> Sequence[Entry]:
    """Return a user's news of the last two months, newest first. One query without any trial."""
    trials = Trial.objects.filter(
        is_member(user, prefix="board__"),
        board__user_id=user.pk,
        board__deleted_at=None,
        found_at__gt=timezone.now() - TOLD_FOR,
    ).exclude(state__in=(Trial.State.WAITING, Trial.State.DISMISSED))
    listed = list(loaded(trials).select_related("board")[:MAX_TOLD])
    entries = [_entry(outcome) for outcome in (outcomes_of(listed) if listed else [])]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _entry(outcome: Outcome) -> Entry:
    trial = outcome.trial
    title = f"{outcome.name} {outcome.words}"
    return Entry(
        key=f"trial {trial.pk}",
        at=outcome.moment,
        title=title,
        text=f"{trial.get_reason_display()}, on the board “{trial.board}”",
        path=f"{reverse('boards:board-trials', args=[trial.board_id])}#trial-{trial.pk}",
        is_unread=outcome.is_news,
    )


def notify_owners(since: datetime) -> int:
    """Notify owners of outcomes that have changed since then; returns how many were notified.

    Each trial is reported once when it has its result, and once when all of its rows are judged:
    repeats are ignored (`notifications/outbox.py`).
    """
    changed = Trial.objects.filter(changed_since(since), board__deleted_at=None)
    decided = changed.filter(state__in=TOLD_STATES)
    decided = decided.select_related("board__user", "board__project")
    listed = list(loaded(decided)[:MAX_TOLD])
    return sum(_notify_owner(outcome) for outcome in (outcomes_of(listed) if listed else []))


def _notify_owner(outcome: Outcome) -> bool:
    trial, entry = outcome.trial, _entry(outcome)
    if not roles.role_in(trial.board.project, trial.board.user):
        return False
    is_judged = outcome.judged >= outcome.rows > 0
    stage = "judged" if is_judged else trial.state
    return outbox.notify(
        trial.board.user,
        kinds.TRIAL_NEWS,
        subject=entry.title,
        text=f"{entry.title}\n{entry.text}.",
        path=entry.path,
        key=f"trial {trial.pk} {stage}",
    )


def mark_seen(outcomes: Iterable[Outcome]) -> None:
    """Record what the owner has seen now. No query if nothing is new."""
    fresh = [outcome for outcome in outcomes if outcome.is_news]
    for outcome in fresh:
        outcome.trial.seen = outcome.key
    if fresh:
        Trial.objects.bulk_update([outcome.trial for outcome in fresh], ["seen"])


def of_board(board: Board) -> list[Outcome]:
    """Return the outcomes of all trials of a board, newest first. One query without any."""
    listed = list(loaded(board.trials.all()))
    return outcomes_of(listed) if listed else []
