"""What a run costs, as a number for programs: `{"amount": "0.04", "source": "measured"}`.

The amount is in USD. None stands for an unknown cost.
"""

from __future__ import annotations

from decimal import Decimal

from api.spending import plain
from runs.costs import known_costs
from runs.models import Charge, Run
from runs.models.ledger import SumState
from schemas.estimate import Estimate
from schemas.estimate.prices import MEASURED

BILLED, ESTIMATED = "billed", "estimated"
SOURCES = {
    known_costs.BY_EVENT: BILLED,
    known_costs.BY_UNITS: MEASURED,
    known_costs.ESTIMATED: ESTIMATED,
}


def of_run(run: Run) -> dict[str, str] | None:
    """Return a run's best known cost; its amount is 0 if nothing is due."""
    charge: Charge | None = getattr(run, "charge", None)
    if charge is not None and charge.state == SumState.RELEASED:
        return _cost(Decimal(), BILLED)
    costs = known_costs.costs_of(run)
    return _cost(costs.best.amount, SOURCES[costs.best.kind]) if costs else None


def of_estimate(estimate: Estimate) -> dict[str, str] | None:
    """Return an estimate's figure: what runs usually cost, else the most that is known."""
    figures = (estimate.usual, estimate.high, estimate.low)
    amount = next((figure for figure in figures if figure is not None), None)
    if amount is None or estimate.unknown_count or estimate.currency not in ("", "USD"):
        return None
    return _cost(amount, MEASURED if estimate.source == MEASURED else ESTIMATED)


def in_body(run: Run) -> dict[str, float | str]:
    """Return the cost as OpenAI's clients read it: a number, and its source; empty if unknown."""
    cost = of_run(run)
    return {"cost": float(cost["amount"]), "cost_source": cost["source"]} if cost else {}


def in_headers(run: Run) -> dict[str, str]:
    """Return the cost as response headers; empty if it is unknown."""
    cost = of_run(run)
    return {"X-Vitrine-Cost": f"{cost['amount']}; source={cost['source']}"} if cost else {}


def _cost(amount: Decimal, source: str) -> dict[str, str]:
    return {"amount": plain(amount), "source": source}
