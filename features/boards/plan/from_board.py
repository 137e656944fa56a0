"""Rebuilds the plan of an existing board: its rows, columns and seeds, with additions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from catalog.models import Endpoint
from features.boards.models import Board
from features.boards.plan.cells import ExpandedPlan, expand
from features.boards.plan.groups import GroupContents, groups_of
from features.boards.plan.plan import Plan, PlannedColumn, PlannedRow, digest
from runs.promises.named_inputs import NameResolver


def stored_plan(
    board: Board,
    *,
    rows: Sequence[PlannedRow] = (),
    columns: Sequence[PlannedColumn] = (),
    seeds: Sequence[str] = (),
    is_reusing: bool = True,
) -> Plan:
    """Return the plan of a board with the given additions, without duplicates. Four queries."""
    known_rows = {
        row.digest: PlannedRow(row.label, row.values, row.digest) for row in board.rows.all()
    }
    known_columns = {
        column.digest: PlannedColumn(
            0, column.endpoint, column.label, column.settings, column.digest
        )
        for column in board.columns.select_related("endpoint__schema")
    }
    cells = board.cells.filter(replaced_at=None).order_by("pk")
    all_seeds = [*dict.fromkeys(cells.values_list("seed", flat=True)), *seeds]
    all_rows = known_rows | {row.digest: row for row in rows if row.digest not in known_rows}
    all_columns = known_columns | {column.digest: column for column in columns}
    models = [planned.endpoint for planned in all_columns.values()]
    return Plan(
        source=board.source,
        models=models,
        groups=groups_of(board.source, models),
        post=board.plan,
        filled=GroupContents({}, [{} for _ in models], []),
        title=board.title,
        rows=[*all_rows.values()],
        columns=[*all_columns.values()],
        seeds=[*dict.fromkeys(all_seeds)] or [""],
        cap_usd=board.cap_usd,
        is_reusing=is_reusing,
        is_stored=True,
    )


def column_of(endpoint: Endpoint, settings: dict[str, Any], label: str = "") -> PlannedColumn:
    """Return a column of a model with these settings."""
    return PlannedColumn(0, endpoint, label, settings, digest([endpoint.endpoint_id, settings]))


def new_cells(board: Board, plan: Plan, resolve: NameResolver) -> ExpandedPlan:
    """Return the cells that the plan adds; places that the board left empty stay empty.

    `resolve` as in `expand`.
    """
    digests = _known(board)
    return _only(
        plan,
        resolve,
        lambda row, column, seed: (
            not (row in digests["row"] and column in digests["column"] and seed in digests["seed"])
        ),
    )


def held_cells(board: Board, plan: Plan, resolve: NameResolver) -> ExpandedPlan:
    """Return the cells of the board that were not sent; `resolve` as in `expand`."""
    not_sent = board.cells.filter(replaced_at=None).exclude(not_sent="")
    places = set(not_sent.values_list("row__digest", "column__digest", "seed"))
    return _only(plan, resolve, lambda *place: place in places)


def _known(board: Board) -> dict[str, set[str]]:
    cells = board.cells.filter(replaced_at=None)
    return {
        "row": set(board.rows.values_list("digest", flat=True)),
        "column": set(board.columns.values_list("digest", flat=True)),
        "seed": set(cells.values_list("seed", flat=True)),
    }


def _only(
    plan: Plan, resolve: NameResolver, is_wanted: Callable[[str, str, str], bool]
) -> ExpandedPlan:
    expanded = expand(plan, resolve)
    wanted_cells = [
        cell
        for cell in expanded.cells
        if is_wanted(plan.rows[cell.row].digest, plan.columns[cell.column].digest, cell.seed)
    ]
    return ExpandedPlan(wanted_cells, expanded.reports)
