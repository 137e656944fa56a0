"""What notifications promise to every run: its user hears of a long one's end, once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.db.models import Q

from features.notifications import budgets, inbox, kinds, run_ends
from features.notifications.delivery import sending
from runs.models import Run
from runs.promises.owners import Job, RunOwner

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    import fal
    from catalog.changelog.personal_news import Entry
    from core.notify import channel


class NotificationsOwner(RunOwner):
    """Notes the end of each run; jobs of the worker decide later and deliver."""

    def on_end(self, run: Run, changed: Mapping[str, Any]) -> None:
        """Write a row if the end may need a notification."""
        run_ends.note_end(run, changed)

    def on_shown_end(self, user_id: int, run_ids: Sequence[uuid.UUID]) -> None:
        """Note that the user has seen it."""
        run_ends.note_watched(user_id, run_ids)

    def news(self, user: User) -> Sequence[Entry]:
        """Return how models did in standing trials: news of the catalogue, beside its changes."""
        return inbox.entries(inbox.lines(user, Q(kind=kinds.TRIAL_NEWS)))

    def waiting(self, user: User) -> Sequence[Entry]:
        """Return the lines of the inbox that ask for an act."""
        return inbox.entries(inbox.waiting(user))

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the jobs that decide, deliver, and warn of budgets."""
        decide = sync_to_async(run_ends.process_due)
        return (
            Job("ended runs", decide, wakes_on_change=True),
            Job("notifications", sending.send_due, wakes_on_change=True),
            Job("budget warnings", sync_to_async(budgets.check_daily_limits)),
            Job("notification upkeep", sync_to_async(sending.maintain)),
        )
