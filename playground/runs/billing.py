"""What a run has cost, by the units that upstream billed and today's price."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from playground.models import Run

_MOST_DIGITS = 12  # larger amounts from upstream are nonsense and not multiplied


def billed_cost(run: Run) -> Decimal | None:
    """The cost in the model's currency; None where units or price are unknown."""
    price: Decimal | None = run.endpoint.unit_price_usd
    if price == 0:
        return Decimal(0)
    if price is None or not run.billable_units:
        return None
    try:
        units = Decimal(run.billable_units)
    except InvalidOperation:
        return None
    is_usual = units.is_finite() and abs(units.adjusted()) <= _MOST_DIGITS
    return units * price if is_usual and units >= 0 else None
