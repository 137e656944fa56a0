"""The figures of what a run costs: estimated, by its billed units, and billed by upstream.

All pages, lists and files say what a run has cost by the functions of this module. They read the
run's charge: lists load it with their runs (`select_related("charge")`, as `recent` does), else it
is one query.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any, NamedTuple

from catalog.pricing import units_in_words
from core.formatting import money
from runs.models import START_TIMEOUT, Charge, Run
from runs.models.ledger import SumState
from schemas.estimate.amounts import decimal
from schemas.estimate.wording import FREE, computed, label_for_pages, nobody_pays

BY_EVENT, BY_UNITS, ESTIMATED = KINDS = ("billed by fal", "by billed units", "estimated")
NOTHING = "Nothing was billed"
NOT_RUN = {400, 401, 402, 403, 404, 405, 409, 413, 415, 429}  # upstream refused the request


class Figure(NamedTuple):
    """A sum in dollars, and where it comes from."""

    amount: Decimal
    kind: str

    @property
    def label(self) -> str:
        """Return `$0.10` as upstream bills it, `≈ $0.10` by units, `≈ $0.10 estimated`, `Free`."""
        if not self.amount:
            return FREE
        if self.kind == BY_EVENT:
            return money(self.amount)
        mark = f" {ESTIMATED}" if self.kind == ESTIMATED else ""
        return f"{computed(self.amount)}{mark}"


class KnownCosts(NamedTuple):
    """The figure that counts, and the others that are known."""

    best: Figure
    others: list[Figure]


def costs_of(run: Run) -> KnownCosts | None:
    """Return what is known of a run's cost; None if nothing is, or nothing is due."""
    charge: Charge | None = getattr(run, "charge", None)
    if charge is None or charge.state == SumState.RELEASED:
        return None
    return known(charge)


def known(charge: Charge) -> KnownCosts | None:
    """Return the figures of a charge; None if there is none."""
    sums = {BY_EVENT: charge.reported, BY_UNITS: charge.billed, ESTIMATED: charge.expected}
    figures = [Figure(amount, kind) for kind, amount in sums.items() if amount is not None]
    return KnownCosts(figures[0], figures[1:]) if figures else None


def paid(run: Run) -> Figure | None:
    """Return what a run that has ended has cost; None if that is unknown, or nothing is due."""
    charge: Charge | None = getattr(run, "charge", None)
    if charge is None or charge.state != SumState.SETTLED:
        return None
    costs = known(charge)
    return costs.best if costs else None


def in_words(run: Run) -> str:
    """Return what a run that has ended has cost: `$0.10 billed by fal`, `≈ $0.12 · 2 images`.

    Only the units of one whose price is unknown or that nobody pays, and for a free model nothing.
    """
    figure = None if nobody_pays() else paid(run)
    if figure is not None and figure.kind == BY_EVENT:
        return f"{figure.label} {BY_EVENT}"
    is_free = run.endpoint.unit_price_usd == 0 or not run.billable_units
    units = "" if is_free else units_in_words(run.billable_units, run.endpoint.price_unit)
    amount = figure.label if figure is not None and figure.amount else ""
    return " · ".join(filter(None, (amount, units)))


def briefly(run: Run) -> str:
    """Return what a run that has ended has cost, for a tile: `≈ $0.12`, else its billed units."""
    figure = paid(run)
    return label_for_pages(figure.label if figure.amount else "") if figure else in_words(run)


def together(runs: Iterable[Run]) -> str:
    """Return what runs have cost together, with `≈` unless upstream has billed all of it."""
    figures = [figure for run in runs if (figure := paid(run)) and figure.amount]
    total = sum((figure.amount for figure in figures), Decimal())
    if not figures:
        return ""
    is_billed = all(figure.kind == BY_EVENT for figure in figures)
    return label_for_pages(money(total) if is_billed else computed(total))


def charge_in_words(run: Run) -> str:
    """Return `Nothing was billed.`, `Billed: ≈ $0.05 · 1 image.`, or that upstream did not say.

    The rules (protocol, 17.5): server errors are never billed, rejected input may be.
    """
    if nobody_pays():
        return ""
    if not run.sent_at and not run.request_id:
        return f"{NOTHING}: the run was never sent."
    figure = paid(run)
    if figure is not None and figure.kind != ESTIMATED:
        return f"Billed: {in_words(run)}." if figure.amount else f"{NOTHING}."
    if run.billable_units:
        is_free = decimal(run.billable_units) == Decimal() or run.endpoint.unit_price_usd == 0
        return f"{NOTHING}." if is_free else f"Billed: {in_words(run)}."
    if run.endpoint.unit_price_usd == 0:
        return f"{NOTHING}: the model is free."
    return _by_rule(run, run.error or {})


def _by_rule(run: Run, error: Mapping[str, Any]) -> str:
    if START_TIMEOUT in error:
        return f"{NOTHING}: the run did not start."
    status = error.get("status")
    if isinstance(status, int) and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"{NOTHING}: upstream does not charge for its own errors."
    never_came = error.get("error") == "Unreachable" and not error.get("sent")
    if never_came or (not run.request_id and status in NOT_RUN):
        return f"{NOTHING}: upstream did not accept the run."
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return "Upstream did not say what it billed; it may charge for input that it refuses."
    return "Upstream did not say whether it billed anything."
