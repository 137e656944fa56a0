"""The cap of a board: what it has cost, may still cost, and which runs would exceed it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Q

from boards.models import Batch, Cell
from core.formatting import money
from runs.costs.billing import billed_cost
from runs.models import Run
from schemas.estimate import Estimate

if TYPE_CHECKING:
    from django.db.models import QuerySet

NOTHING = Decimal(0)


def committed(board: Batch) -> Decimal:
    """Return what the board's own runs have cost, plus the maximum cost of unfinished ones.

    Repeated cells count as well; reused results cost nothing. One query.
    """
    return cost_of(board.cells.all())


def cost_of(cells: QuerySet[Cell]) -> Decimal:
    """Return the cost so far, and the maximum to come, of these cells' own runs. One query."""
    own = cells.filter(is_reused=False, not_sent="").select_related("run__endpoint")
    return sum((_cost(cell) for cell in own.only(*_COLUMNS)), NOTHING)


_COLUMNS = (
    "estimate_usd",
    "run__state",
    "run__billable_units",
    "run__endpoint__unit_price_usd",
    "run__endpoint__price_unit",
    "run__endpoint__currency",
)


def _cost(cell: Cell) -> Decimal:
    run = cell.run
    if run is None:  # deleted since: its actual cost is no longer known
        return cell.estimate_usd or NOTHING
    known = billed_cost(run)
    if known is not None:
        return known
    if run.state in {Run.State.FAILED, Run.State.CANCELLED}:
        return NOTHING
    return cell.estimate_usd or NOTHING


class Budget:
    """The rest of a cap while cells are sent one after the other."""

    def __init__(self, cap: Decimal | None, spent: Decimal) -> None:
        self.cap, self.spent = cap, spent

    def refuse(self, estimate: Estimate) -> str:
        """Return why a run of this estimate is not sent; if it fits, deduct its cost, return ""."""
        most = in_dollars(estimate)
        if self.cap is None:
            return ""
        if most is None:
            return (
                "Not sent: its price is unknown, so the cap cannot hold. "
                "Remove the cap to run it all the same."
            )
        if self.spent + most > self.cap:
            return (
                f"Not sent: with {money(most)} for this run the board could cost "
                f"{money(self.spent + most)}, more than your cap of {money(self.cap)}."
            )
        self.spent += most
        return ""


def in_dollars(estimate: Estimate) -> Decimal | None:
    """Return the maximum cost; None if that is unknown, or in another currency."""
    return estimate.most if estimate.currency in {"", "USD"} else None


def runs_of(board: Batch) -> Q:
    """Return the condition for the runs that this board has created."""
    return Q(cells__board=board, cells__is_reused=False)
