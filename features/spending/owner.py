"""The hooks of budgets for runs."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async

from features.spending.bills import high_bills
from features.spending.bills.reading import BillReader
from features.spending.budgets import affordability, warnings
from features.spending.prices import updating
from runs.costs.daily_sums import Correction
from runs.costs.ledger import NOTHING
from runs.promises.lifecycle import Job, Lifecycle

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    import fal
    from core.notify import channel
    from runs.models import Charge


class SpendingOwner(Lifecycle):
    """Refuses runs that a budget or a rule of the house about sums forbids."""

    def on_charges(self, user: User, charges: Sequence[Charge], before: Decimal = NOTHING) -> None:
        """Refuse charges that are not affordable, or not confirmed yet."""
        affordability.check(user, charges, before)

    def on_settle(self, charge: Charge) -> None:
        """Queue a bill for the measured prices."""
        updating.note_bill(charge)

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the jobs of budgets, of upstream's bills, of sums and prices."""
        return (
            Job("spent budgets", sync_to_async(warnings.warn), wakes_on_change=True),
            Job("high bills", sync_to_async(high_bills.check_settled), wakes_on_change=True),
            Job("bills", BillReader(upstream).run),
            Job("measure prices", updating.measure_in_background),
            Job("correct sums of days", sync_to_async(Correction().step)),
        )
