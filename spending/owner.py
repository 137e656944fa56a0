"""What budgets promise to the runs that they pay for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from runs.owners import RunOwner
from spending.budgets import door

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from runs.models import Charge


class SpendingOwner(RunOwner):
    """A run that a budget, or a rule of the house about sums, forbids does not start."""

    def on_charges(self, user: User, charges: Sequence[Charge]) -> None:
        """Refuse what is not affordable, or not confirmed yet."""
        door.check(user, charges)
