"""The plan of a trial: all rows of a board for a new model, with a column's settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from features.boards.models import Board, Column
from features.boards.plan.cells import ExpandedPlan, Report, expand
from features.boards.plan.groups import GroupContents, groups_of
from features.boards.plan.plan import MAX_CELLS, Plan, PlannedColumn, PlannedRow, Trouble, digest
from runs.costs.cost import estimate_runs
from runs.promises import named_inputs
from schemas.carry import Step, carry
from schemas.estimate import Estimate

NO_SCHEMA = "Its schema has not been read yet; it is tried once it has."


@dataclass(frozen=True)
class TrialPlan:
    """A plan of one column, its cells, and the estimated cost of each cell that fits."""

    plan: Plan
    expanded: ExpandedPlan
    estimates: list[Estimate]

    @property
    def report(self) -> Report | None:
        """Return how the rows were converted; None if the plan has too many cells."""
        return self.expanded.reports[0] if self.expanded.reports else None

    @property
    def total(self) -> Estimate | None:
        """Return the estimated cost of all its runs; None without runs."""
        total: Estimate | None = None
        for estimate in self.estimates:
            total = total + estimate if total else estimate
        return total

    @property
    def trouble(self) -> str:
        """Return why no row, or not every row, can run; empty if all can."""
        if self.plan.troubles:
            return self.plan.troubles[0].message
        return self.report.trouble if self.report else ""

    @property
    def unfit_rows(self) -> int:
        """Return how many rows do not fit the model."""
        return len(self.report.bad_rows) if self.report else len(self.plan.rows)


def trial_plan(
    board: Board, endpoint: Endpoint, base: Column | None, *, label: str = "", room: int = MAX_CELLS
) -> TrialPlan:
    """Plan all rows of a board for a model, with the settings of the column `base`.

    `label` distinguishes the column from an earlier one of the same model; `room` is the number of
    runs that the board can still take.
    """
    settings: dict[str, Any] = {}
    steps: tuple[Step, ...] = ()
    if base:
        source = version_of(base.endpoint)
        carried = carry(base.settings, source, version_of(endpoint))
        settings, steps = carried.arguments, carried.steps
    mark = [endpoint.endpoint_id, settings, *([endpoint.schema_id or ""] if label else [])]
    rows = [PlannedRow(row.label, row.values, row.digest) for row in board.rows.all()]
    plan = Plan(
        source=board.source,
        models=[endpoint],
        groups=groups_of(board.source, [endpoint]),
        post={},
        filled=GroupContents({}, [{}], []),
        rows=rows,
        columns=[PlannedColumn(0, endpoint, label, settings, digest(mark))],
        seeds=_seeds(board, base),
    )
    if plan.cell_count > room:
        reason = (
            f"{plan.cell_count} more runs do not fit on this board: it takes up to {MAX_CELLS}."
        )
        plan.troubles.append(Trouble("total", reason))
    expanded = expand(plan, named_inputs.resolver(board.user, board.project))
    expanded.reports[:] = [
        replace(report, steps=(*steps, *report.steps)) for report in expanded.reports
    ]
    run_inputs = [(cell.endpoint, cell.arguments) for cell in expanded.fitting]
    return TrialPlan(plan, expanded, estimate_runs(run_inputs))


def _seeds(board: Board, base: Column | None) -> list[str]:
    """Return the seeds of the column `base`, else of the whole board."""
    cells = board.cells.filter(replaced_at=None)
    own = cells.filter(column=base) if base else cells
    seeds = own.order_by("pk").values_list("seed", flat=True)
    return [*dict.fromkeys(seeds)] or [""]
