"""What budgets promise to the runs that they pay for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async

from runs.owners import Job, RunOwner
from spending.budgets import door
from spending.sums import rollups

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    import fal
    from core.notify import channel
    from runs.models import Charge


class SpendingOwner(RunOwner):
    """A run that a budget, or a rule of the house about sums, forbids does not start."""

    def on_charges(self, user: User, charges: Sequence[Charge]) -> None:
        """Refuse what is not affordable, or not confirmed yet."""
        door.check(user, charges)

    def on_settle(self, charge: Charge) -> None:
        """Note a day whose sums have changed after its end."""
        rollups.note_change(charge)

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the job that adds up the days that are over."""
        return (Job("sums of days", sync_to_async(rollups.keep_up)),)
