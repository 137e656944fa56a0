"""Chooses the cells of a board that the viewer compares in detail."""

from __future__ import annotations

from collections.abc import Sequence

from boards.models import Board, Cell
from boards.runs.visibility import withhold_unreadable
from boards.votes.rankings import name_of
from core.http.parameters import parse_key
from playground.display.comparison.panes import Pane, panes_of
from runs.models import Run
from runs.models.querysets import heavy_columns

LEAST, MOST = 2, 4


def chosen_cells(board: Board, keys: Sequence[str]) -> list[Cell]:
    """Return the board's cells with these keys, in order, up to four."""
    wanted = [key for text in dict.fromkeys(keys) if (key := parse_key(text))]
    cells = (
        board.cells.filter(pk__in=wanted[:MOST], run__isnull=False, run__deleted_at=None)
        .select_related("run__charge", "mark", "column__endpoint", "row__mark__winner__endpoint")
        .prefetch_related("run__artifacts")
        .defer(*heavy_columns("run__", but=("arguments", "output", "metrics")))
    )
    withhold_unreadable(board, cells)
    by_pk = {cell.pk: cell for cell in cells if cell.run}
    return [by_pk[key] for key in wanted if key in by_pk]


def panes_of_cells(cells: Sequence[Cell]) -> list[Pane]:
    """Return the panes of these cells; the first one is the reference."""
    return panes_of([_run(cell) for cell in cells], [name_of(cell.column) for cell in cells])


def _run(cell: Cell) -> Run:
    if cell.run is None:
        raise ValueError(cell)
    cell.run.endpoint = cell.column.endpoint
    return cell.run
