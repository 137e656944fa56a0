"""The hooks of notifications for runs: users are notified once of a long run's end."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async

from features.notifications import budgets, inbox, model_changes, run_ends
from features.notifications.delivery import sending
from runs.models import Run
from runs.promises.lifecycle import Job, Lifecycle
from runs.promises.places import Places

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    import fal
    from catalog.changelog.personal_news import Entry
    from core.notify import channel


class NotificationsOwner(Lifecycle, Places):
    """Records the end of each run; jobs of the worker decide and deliver later."""

    def on_end(self, run: Run, changes: Mapping[str, Any]) -> None:
        """Write a row if the end may need a notification."""
        run_ends.note_end(run, changes)

    def on_shown_end(self, user_id: int, run_ids: Sequence[uuid.UUID]) -> None:
        """Record that the user has seen the end of these runs."""
        run_ends.note_watched(user_id, run_ids)

    def waiting(self, user: User) -> Sequence[Entry]:
        """Return the lines of the inbox that require an action."""
        return inbox.entries(inbox.waiting(user))

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the jobs that decide about notifications and deliver them."""
        decide = sync_to_async(run_ends.process_due)
        return (
            Job("ended runs", decide, wakes_on_change=True),
            Job("notifications", sending.send_due, wakes_on_change=True),
            Job("model changes", sync_to_async(model_changes.notify_of_changes)),
            Job("budget warnings", sync_to_async(budgets.check_daily_limits)),
            Job("notification upkeep", sync_to_async(sending.maintain)),
        )
