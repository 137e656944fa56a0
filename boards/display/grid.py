"""A board as a grid: its columns, and its rows in parts that a page loads as they come into view.

A board of 400 cells weighs little more than one of 30: the first part is drawn with the page, the
rows of the others with their inputs alone. The number of queries is constant.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef

from boards.models import Batch, Cell, Column, Row
from boards.runs.progress import CellFacts, Progress, facts_of, progress_of
from playground.display import history, tiles
from playground.display.history import ArgumentRow
from playground.models import Artifact, Run
from playground.runs.progress import watch_tokens

GROUP = "board"  # the kind of group that a board's page watches
FIRST_CELLS = 24  # runs of the first part, about: two screens of a desktop
PART_CELLS = 48  # of each other part: as many as the gallery has cards
# Columns of runs that a grid does not show.
_HEAVY = (
    *("logs", "output", "output_text", "partial", "steps", "metrics", "handle", "sent_arguments"),
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
    """A row with its input, and its places in the order of the columns."""

    row: Row
    number: int
    inputs: list[ArgumentRow]
    places: list[Place]

    @property
    def viewer_query(self) -> str:
        """The query of the viewer with the first run of up to four columns."""
        first = [place.cells[0].cell.pk for place in self.places[:4] if place.cells]
        return urlencode([("cell", key) for key in first])


@dataclass(frozen=True)
class Part:
    """Some rows that are loaded together; before that they show their inputs alone."""

    number: int
    rows: list[GridRow]
    is_loaded: bool


@dataclass(frozen=True)
class Grid:
    """Everything that a board's page shows."""

    board: Batch
    columns: list[Column]
    parts: list[Part]
    progress: Progress

    @property
    def is_whole(self) -> bool:
        """Whether all parts are loaded."""
        return all(part.is_loaded for part in self.parts)


def grid_of(board: Batch, loaded: int | None = 0) -> Grid:
    """The board's grid with one part loaded, or with all. Seven queries, whatever its size."""
    columns = list(board.columns.select_related("endpoint__picture", "trial"))
    rows = list(board.rows.select_related("mark__winner__endpoint"))
    cells = facts_of(board)
    parts = _split(rows, len(cells))
    wanted = [row.pk for n, part in enumerate(parts) if loaded in (None, n) for row in part]
    filler = _Filler(board, columns, rows, cells, wanted)
    numbers = {row.pk: number for number, row in enumerate(rows)}
    shown = [
        Part(n, [filler.row(row, numbers[row.pk]) for row in part], loaded in (None, n))
        for n, part in enumerate(parts)
    ]
    return Grid(board, columns, shown, progress_of(cells, columns))


def runs_of(board_id: str) -> list[uuid.UUID]:
    """The runs that a board's page may watch; empty for what is no board's key. One query."""
    try:
        key = uuid.UUID(board_id)
    except ValueError:
        return []
    cells = Cell.objects.filter(board_id=key, board__deleted_at=None, replaced_at=None)
    return [pk for pk in cells.values_list("run_id", flat=True) if pk]


def _split(rows: Sequence[Row], cell_count: int) -> list[Sequence[Row]]:
    """The rows in parts of about `PART_CELLS` cells; the first part is smaller."""
    per_row = max(1, cell_count / max(1, len(rows)))
    first, size = (max(1, round(count / per_row)) for count in (FIRST_CELLS, PART_CELLS))
    rest = [rows[start : start + size] for start in range(first, len(rows), size)]
    return [rows[:first], *rest]


def _with_endpoints(cells: list[Cell], columns: Sequence[Column]) -> list[Cell]:
    endpoints = {column.pk: column.endpoint for column in columns}
    for cell in cells:
        if cell.run:
            cell.run.endpoint = endpoints[cell.column_id]
    return cells


class _Filler:
    """Fills the rows that are wanted with tiles; the others get empty places."""

    def __init__(
        self,
        board: Batch,
        columns: Sequence[Column],
        rows: Sequence[Row],
        cells: Sequence[CellFacts],
        wanted: Sequence[int],
    ) -> None:
        self.columns, self.wanted = columns, set(wanted)
        self.first = _first_places(cells, columns, rows)
        heavy = [f"run__{name}" for name in _HEAVY]
        full = (
            board.cells.filter(replaced_at=None, row_id__in=wanted)
            .select_related("run", "mark")
            .prefetch_related("run__artifacts")
            .defer(*heavy)
            .order_by("pk")
        )
        self.by_place: dict[tuple[int, int], list[Cell]] = {}
        for cell in (found := _with_endpoints(list(full), columns)):
            self.by_place.setdefault((cell.row_id, cell.column_id), []).append(cell)
        self.texts = _texts(found)
        self.group = watch_tokens.group_token(f"{GROUP}.{board.pk}", "tile", board.user_id)

    def row(self, row: Row, number: int) -> GridRow:
        """One row, with tiles if it is wanted, else without places."""
        if row.pk not in self.wanted:
            return GridRow(row, number, [], [])
        places = [
            Place(n, [self.cell(one) for one in self.by_place.get((row.pk, column.pk), [])])
            for n, column in enumerate(self.columns)
        ]
        return GridRow(row, number, history.argument_rows(row.values), places)

    def cell(self, cell: Cell) -> ShownCell:
        """One cell; a run that stands in several is drawn in the first alone."""
        if cell.run is None or cell.run.deleted_at:
            return ShownCell(cell, None)
        first, place = self.first[cell.run_id]
        if first != cell.pk:
            return ShownCell(cell, None, place)
        return ShownCell(cell, tiles.tile(cell.run, self.texts, self.group))


def _first_places(
    cells: Sequence[CellFacts], columns: Sequence[Column], rows: Sequence[Row]
) -> dict[object, tuple[int, str]]:
    """For each run the first cell that has it, and where that is in words."""
    places = {column.pk: number for number, column in enumerate(columns, start=1)}
    lines = {row.pk: number for number, row in enumerate(rows, start=1)}
    found: dict[object, tuple[int, str]] = {}
    for cell in cells:
        if cell.run_id:
            words = f"row {lines[cell.row_id]}, column {places[cell.column_id]}"
            found.setdefault(cell.run_id, (cell.pk, words))
    return found


def _texts(cells: Sequence[Cell]) -> Mapping[object, str]:
    """The first text of each result without files; outputs of others are not loaded."""
    done = [c.run.pk for c in cells if c.run and c.run.state == Run.State.SUCCEEDED]
    has_files = Exists(Artifact.objects.filter(run_id=OuterRef("pk")))
    runs = Run.objects.filter(~has_files, pk__in=done).values_list("pk", "output")
    return {pk: tiles.text_of(output) for pk, output in runs}
