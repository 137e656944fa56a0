"""The figures of what a run costs: estimated, by its billed units, and billed by upstream."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from runs.models import Charge, Run
from runs.models.ledger import SumState

BY_EVENT, BY_UNITS, ESTIMATED = "billed by fal", "by billed units", "estimated"


class Figure(NamedTuple):
    """A sum in dollars, and where it comes from."""

    amount: Decimal
    kind: str


class KnownCosts(NamedTuple):
    """The figure that counts, and the others that are known."""

    best: Figure
    others: list[Figure]


def of(run: Run) -> KnownCosts | None:
    """Return what is known of a run's cost; None if nothing is, or nothing is due. One query."""
    charge = Charge.objects.filter(run_id=run.pk).exclude(state=SumState.RELEASED).first()
    return known(charge) if charge else None


def known(charge: Charge) -> KnownCosts | None:
    """Return the figures of a charge; None if there is none."""
    sums = {BY_EVENT: charge.reported, BY_UNITS: charge.billed, ESTIMATED: charge.expected}
    figures = [Figure(amount, kind) for kind, amount in sums.items() if amount is not None]
    return KnownCosts(figures[0], figures[1:]) if figures else None
