"""Loads a board for exports: each cell with its run, mark and addresses."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from features.boards.models import Board, Cell, Column, Mark, Row, RowMark
from features.boards.runs.visibility import withhold_unreadable
from playground.display.history import seconds
from runs.costs import known_costs
from runs.costs.known_costs import Figure
from runs.files.artifact_urls import artifact_url
from runs.models import Artifact, Run
from runs.models.querysets import heavy_columns
from runs.results import excerpts

Absolute = Callable[[str], str]  # makes one of our paths an absolute URL


@dataclass(frozen=True)
class Contents:
    """A board's columns, rows and current cells."""

    board: Board
    columns: list[Column]
    rows: list[Row]
    cells: list[Cell]
    texts: Mapping[uuid.UUID | None, str]

    def row_mark(self, row: Row) -> RowMark | None:
        """Return the winner and tags of a row."""
        return getattr(row, "mark", None)

    def cells_of(self, row: Row) -> list[Cell]:
        """Return a row's cells in the order of the columns."""
        own = [cell for cell in self.cells if cell.row_id == row.pk]
        places = {column.pk: place for place, column in enumerate(self.columns)}
        return sorted(own, key=lambda cell: (places[cell.column_id], cell.pk))


def contents_of(board: Board) -> Contents:
    """Load a board for an export. Five queries, whatever its size."""
    columns = list(board.columns.select_related("endpoint"))
    cells = list(
        board.cells.filter(replaced_at=None)
        .select_related("run__charge", "mark")
        .prefetch_related("run__artifacts")
        .defer(*heavy_columns("run__", but=("arguments", "sent_arguments", "metrics")))
        .order_by("pk")
    )
    withhold_unreadable(board, cells)
    by_pk = {column.pk: column for column in columns}
    for cell in cells:
        cell.column = by_pk[cell.column_id]
        if cell.run:
            cell.run.endpoint = cell.column.endpoint
    rows = list(board.rows.select_related("mark"))
    return Contents(board, columns, rows, cells, _texts(cells))


def _texts(cells: Sequence[Cell]) -> dict[uuid.UUID | None, str]:
    texts = excerpts.texts_of(run for cell in cells if (run := run_of(cell)))
    return dict(texts.items())


def run_of(cell: Cell) -> Run | None:
    """Return the cell's run unless it is deleted."""
    return cell.run if cell.run and not cell.run.deleted_at else None


def mark_of(cell: Cell) -> Mark | None:
    """Return the cell's mark, if there is one."""
    return getattr(cell, "mark", None)


def files_of(cell: Cell) -> list[Artifact]:
    """Return the files of a cell's result."""
    run = run_of(cell)
    return list(run.artifacts.all()) if run else []


def addresses_of(cell: Cell, absolute: Absolute) -> list[str]:
    """Return the URLs of the files of a cell's result."""
    addresses = [artifact_url(artifact) for artifact in files_of(cell)]
    return [
        absolute(url) if url.startswith("/") else url for url in addresses if url[:5] != "data:"
    ]


def seconds_of(cell: Cell) -> float | None:
    """Return the seconds from the run's creation to its end."""
    run = run_of(cell)
    return round(duration, 3) if run and (duration := seconds(run)) is not None else None


def cost_of(cell: Cell) -> Figure | None:
    """Return the run's cost and its source; None if unknown."""
    run = run_of(cell)
    return known_costs.paid(run) if run else None
