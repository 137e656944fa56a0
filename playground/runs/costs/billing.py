"""What a run has cost, by the units that upstream billed and today's price."""

from __future__ import annotations

from decimal import Decimal

from playground.models import Run
from schemas.estimate.amounts import decimal


def billed_cost(run: Run) -> Decimal | None:
    """The cost in the model's currency; None where units or price are unknown."""
    return cost_of_units(run.billable_units, run.endpoint.unit_price_usd)


def cost_of_units(billable_units: str, price: Decimal | None) -> Decimal | None:
    """What billed units cost at a price; None where either is unknown."""
    if price == 0:
        return Decimal(0)
    units = decimal(billable_units)
    return units * price if price is not None and units is not None and units >= 0 else None
