"""Words the cost of a run without a result: as upstream reported it, or by upstream's rules."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from runs.costs import known_costs
from runs.models import Run
from schemas.estimate.amounts import decimal

NOTHING = "Nothing was billed"
_REFUSED = {"AuthFailed", "RateLimited"}  # errors of a submit that upstream rejected


def charge_in_words(run: Run) -> str:
    """Return `Nothing was billed.`, `Billed: ≈ $0.05 · 1 image.`, or that upstream did not say.

    The rules (protocol, 17.5): server errors are never billed, rejected input may be.
    """
    if not run.sent_at and not run.request_id:
        return f"{NOTHING}: the run was never sent."
    figure = known_costs.paid(run)
    if figure is not None and figure.kind != known_costs.ESTIMATED:
        return f"Billed: {known_costs.in_words(run)}." if figure.amount else f"{NOTHING}."
    if run.billable_units:
        is_free = decimal(run.billable_units) == Decimal() or run.endpoint.unit_price_usd == 0
        return f"{NOTHING}." if is_free else f"Billed: {known_costs.in_words(run)}."
    if run.endpoint.unit_price_usd == 0:
        return f"{NOTHING}: the model is free."
    return _by_rule(run, run.error or {})


def _by_rule(run: Run, error: Mapping[str, Any]) -> str:
    status = error.get("status")
    if isinstance(status, int) and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"{NOTHING}: upstream does not charge for its own errors."
    if not run.request_id and error.get("error") in _REFUSED:
        return f"{NOTHING}: upstream did not accept the run."
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return "Upstream did not say what it billed; it may charge for input that it refuses."
    return "Upstream did not say whether it billed anything."
