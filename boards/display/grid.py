"""A board as a grid: its columns, and each row with its cells. A constant number of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from boards.models import Batch, Cell, Column, Row
from boards.runs.progress import Progress, progress_of
from playground.display import history, tiles
from playground.display.history import ArgumentRow
from playground.models import Artifact, Run

# Columns of runs that a grid does not show.
_HEAVY = (
    *("logs", "output", "output_text", "partial", "metrics", "handle", "sent_arguments"),
    *("positions", "events", "arguments"),
)


@dataclass(frozen=True)
class ShownCell:
    """One cell of a place: its tile, or the place of the same run elsewhere on the board."""

    cell: Cell
    tile: tiles.Tile | None
    same_as: str = ""


@dataclass(frozen=True)
class Place:
    """Where a row meets a column, with all its cells."""

    column: int
    cells: list[ShownCell]


@dataclass(frozen=True)
class GridRow:
    """A row with what differs from the others, and its places in the order of the columns."""

    row: Row
    number: int
    inputs: list[ArgumentRow]
    places: list[Place]


@dataclass(frozen=True)
class Grid:
    """Everything that a board's page shows."""

    board: Batch
    columns: list[Column]
    rows: list[GridRow]
    progress: Progress

    @property
    def has_failed(self) -> bool:
        """Whether something can be tried again."""
        return bool(self.progress.failed or self.progress.cancelled)


def grid_of(board: Batch) -> Grid:
    """The board's grid. Six queries, whatever its size."""
    columns = list(board.columns.select_related("endpoint__picture"))
    rows = list(board.rows.all())
    cells = current_cells(board, columns)
    texts = _texts(cells)
    by_place: dict[tuple[int, int], list[Cell]] = {}
    for cell in cells:
        by_place.setdefault((cell.row_id, cell.column_id), []).append(cell)
    seen: dict[object, str] = {}
    shown = []
    for number, row in enumerate(rows):
        places = [
            Place(place, [
                _shown(cell, texts, seen, f"row {number + 1}, column {place + 1}")
                for cell in by_place.get((row.pk, column.pk), [])
            ])
            for place, column in enumerate(columns)
        ]  # fmt: skip
        shown.append(GridRow(row, number, history.argument_rows(row.values), places))
    return Grid(board, columns, shown, progress_of(cells))


def current_cells(board: Batch, columns: Sequence[Column] | None = None) -> list[Cell]:
    """The cells that are not replaced, with runs, artifacts and endpoints, in their order."""
    heavy = [f"run__{name}" for name in _HEAVY]
    cells = list(
        board.cells.filter(replaced_at=None)
        .select_related("run")
        .prefetch_related("run__artifacts")
        .defer(*heavy)
        .order_by("pk")
    )
    known = columns or board.columns.select_related("endpoint")
    endpoints = {column.pk: column.endpoint for column in known}
    for cell in cells:
        if cell.run:
            cell.run.endpoint = endpoints[cell.column_id]
    return cells


def _texts(cells: Sequence[Cell]) -> Mapping[object, str]:
    """The first text of each result without files; outputs of others are not loaded."""
    done = [c.run.pk for c in cells if c.run and c.run.state == Run.State.SUCCEEDED]
    has_files = Exists(Artifact.objects.filter(run_id=OuterRef("pk")))
    runs = Run.objects.filter(~has_files, pk__in=done).values_list("pk", "output")
    return {pk: tiles.text_of(output) for pk, output in runs}


def _shown(
    cell: Cell, texts: Mapping[object, str], seen: dict[object, str], place: str
) -> ShownCell:
    if cell.run is None or cell.run.deleted_at:
        return ShownCell(cell, None)
    if cell.run_id in seen:
        return ShownCell(cell, None, seen[cell.run_id])
    seen[cell.run_id] = place
    return ShownCell(cell, tiles.tile(cell.run, texts))
