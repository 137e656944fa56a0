"""The estimated cost of a plan: in total, per column, and the savings by earlier runs.

A cell shows the results of an equal earlier run instead of paying for another one.

"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from features.boards.models import Board
from features.boards.plan.cells import ExpandedPlan, PlannedCell
from features.boards.plan.plan import Plan, digest
from features.boards.runs.budget import Budget, committed
from projects.models import Project
from projects.models.project import private_project
from runs.costs.cost import estimate_runs
from runs.costs.ledger import NOTHING, Balance
from runs.models import Run
from runs.start import starting
from schemas.estimate import Estimate
from schemas.estimate.wording import label_for_pages

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_BASIS = 6
MAX_LOOKED_AT = 4000  # the newest runs of the same models with the same titles


class Key(NamedTuple):
    """The properties that equal runs share: endpoint, schema version, and arguments with seed."""

    endpoint: int
    schema: str
    arguments: str


def key_of(cell: PlannedCell) -> Key:
    """Return the key of a cell's run."""
    return Key(cell.endpoint.pk, cell.endpoint.schema_id or "", digest(cell.arguments))


def find_reusable_runs(board: Board, cells: Sequence[PlannedCell]) -> dict[Key, list[uuid.UUID]]:
    """Return the succeeded runs with these keys, newest first. One query.

    Everybody who sees the board may read them: runs of its project, and examples.
    """
    keys = {key_of(cell) for cell in cells}
    titles = {starting.title(cell.arguments) for cell in cells}
    runs = (
        Run.objects.readable_with(board)
        .filter(
            state=Run.State.SUCCEEDED,
            endpoint_id__in={key.endpoint for key in keys},
            title__in=titles,
        )
        .order_by("-created_at")
        .values_list("pk", "endpoint_id", "schema_id", "arguments")[:MAX_LOOKED_AT]
    )
    by_key: dict[Key, list[uuid.UUID]] = {}
    for pk, endpoint, schema, arguments in runs:
        key = Key(endpoint, schema or "", digest(arguments))
        if key in keys:
            by_key.setdefault(key, []).append(pk)
    return by_key


@dataclass(frozen=True)
class Pricing:
    """What pressing Run would send and cost; reused and existing cells cost nothing."""

    total: Estimate | None
    columns: dict[int, Estimate]
    to_send: int
    reused: int
    known: int
    held: int

    @property
    def label(self) -> str:
        """Return `about $1.20`, `$1.10 to $1.40 + 2 unknown`, or `Free`."""
        return label_for_pages(self.total.label if self.total else "Nothing to pay")

    @property
    def is_known(self) -> bool:
        """Whether the most that it may cost is known."""
        return self.total is None or self.total.most is not None

    @property
    def basis(self) -> Sequence[str]:
        """Return how the total was computed."""
        return self.total.basis[:MAX_BASIS] if self.total and self.label else ()


def price(
    user: User,
    plan: Plan,
    expanded: ExpandedPlan,
    board: Board | None = None,
    project: Project | None = None,
) -> Pricing:
    """Price the cells that would be sent to `board` if it exists, else in `project`.

    One query for earlier runs, two for the board, a few for the estimates.
    """
    new = expanded.fitting if board is None else _without_known(plan, expanded, board)
    target_board = board or Board(user=user, **(project or private_project(user)).for_new_work())
    cells, reused = _without_reused(target_board, plan, new)
    estimates = estimate_runs([(cell.endpoint, cell.arguments) for cell in cells])
    columns: dict[int, Estimate] = {}
    total: Estimate | None = None
    spent_before = committed(board) if board else NOTHING
    budget, held_count = Budget(Balance(plan.cap_usd, spent_before)), 0
    for cell, estimate in zip(cells, estimates, strict=True):
        columns[cell.column] = (
            columns[cell.column] + estimate if cell.column in columns else estimate
        )
        if budget.refuse(estimate):
            held_count += 1
            continue
        total = total + estimate if total else estimate
    return Pricing(
        total,
        columns,
        to_send=len(cells) - held_count,
        reused=reused,
        known=len(expanded.fitting) - len(new),
        held=held_count,
    )


def _without_known(plan: Plan, expanded: ExpandedPlan, board: Board) -> list[PlannedCell]:
    """Return the cells that the board does not have; unsent cells count as new."""
    cells = board.cells.filter(replaced_at=None, not_sent="")
    existing = set(cells.values_list("row__digest", "column__digest", "seed"))
    return [
        cell
        for cell in expanded.fitting
        if (plan.rows[cell.row].digest, plan.columns[cell.column].digest, cell.seed) not in existing
    ]


def _without_reused(
    board: Board, plan: Plan, cells: list[PlannedCell]
) -> tuple[list[PlannedCell], int]:
    """Return the cells that need a run of their own, and how many do not."""
    if not plan.is_reusing or not cells:
        return cells, 0
    earlier: dict[Key, int] = {
        key: len(runs) for key, runs in find_reusable_runs(board, cells).items()
    }
    keys: set[Key] = set()
    new = []
    for cell in cells:
        key = key_of(cell)
        if earlier.get(key):
            earlier[key] -= 1
        elif not (cell.is_seeded and key in keys):
            keys.add(key)
            new.append(cell)
    return new, len(cells) - len(new)
