"""Computes what a run has cost from its billed units and the current price."""

from __future__ import annotations

from decimal import Decimal

from runs.models import Run
from schemas.estimate.amounts import decimal


def billed_cost(run: Run) -> Decimal | None:
    """Return the cost in the model's currency; None if units or price are unknown."""
    return cost_of_units(run.billable_units, run.endpoint.unit_price_usd)


def cost_of_units(billable_units: str, price: Decimal | None) -> Decimal | None:
    """Return the cost of billed units at a price; None if either is unknown."""
    if price == 0:
        return Decimal(0)
    units = decimal(billable_units)
    return units * price if price is not None and units is not None and units >= 0 else None
