"""Ledger entries for runs that began before there was a ledger; used by migrations only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from schemas.estimate.amounts import decimal

FINAL = ("succeeded", "failed", "cancelled")
UNIT = Decimal("0.00000001")
MOST = Decimal(10**11)


def entries_of(
    entry: Any, account: Any, runs: Iterable[tuple[Any, Decimal | None]]
) -> Iterator[Any]:
    """Yield unsaved entries of an account for (run with its endpoint, the most it may cost).

    `entry` is the migration's model. A run that is None was deleted: its estimate counts.
    """
    for run, estimate in runs:
        state, amount = _counted(run, estimate)
        if amount is not None:
            amount = min(amount, MOST).quantize(UNIT)
        yield entry(account=account, run_id=run.pk if run else None, state=state, amount_usd=amount)


def _counted(run: Any, estimate: Decimal | None) -> tuple[str, Decimal | None]:
    if run is None:
        return "settled", estimate
    if run.state not in FINAL:
        return "reserved", estimate
    cost = _billed(run)
    if cost is not None:
        return "settled", cost
    return ("settled" if run.state == "succeeded" else "released"), estimate


def _billed(run: Any) -> Decimal | None:
    endpoint = run.endpoint
    if endpoint.currency not in {"", "USD"} or endpoint.unit_price_usd is None:
        return None
    if endpoint.unit_price_usd == 0:
        return Decimal(0)
    units = decimal(run.billable_units)
    return None if units is None else units * endpoint.unit_price_usd
