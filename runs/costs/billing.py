"""Computes the cost of a run from its billed units and the price at that time."""

from __future__ import annotations

from decimal import Decimal

from schemas.estimate.amounts import decimal


def cost_of_units(billable_units: str, price: Decimal | None) -> Decimal | None:
    """Return the cost of billed units at a price; None if either is unknown."""
    if price == 0:
        return Decimal(0)
    units = decimal(billable_units)
    return units * price if price is not None and units is not None and units >= 0 else None
