"""A board as a grid: its columns, and its rows in parts that a page loads as they come into view.

So a board of 400 cells loads about as fast as one of 30. The page renders the first part; the rows
of other parts show only their labels. If a row has many columns, the page renders the first group
of them, and one empty cell spans each other group. The number of queries is constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from features.boards.access import BoardRights
from features.boards.comments import counts_of
from features.boards.display import cell_markup, cell_queries, watching
from features.boards.display.cell_markup import ShownCell
from features.boards.models import Board, Cell, Column, Row
from features.boards.plan.rows import with_named_files
from features.boards.runs.progress import Progress, progress_of
from playground.display import history, tiles
from playground.display.history import ArgumentRow

if TYPE_CHECKING:
    from django.contrib.auth.models import User

FIRST_CELLS = 24  # runs of the first part: about two screens of a desktop
PART_CELLS = 48  # of each other part: as many as the gallery has cards
GROUP_COLUMNS = 12  # rendered at once: two screens; board.css has a rule for each span
LABEL_CHARS = 200
# Formatted without a template, which takes ten times as long: there may be hundreds.
_WAITING_ROW = (
    '<div class="board-row" id="row-{}" role="row"><div class="row-head" role="rowheader">'
    '<p dir="auto">{}</p></div></div>\n'
)


@dataclass(frozen=True)
class Place:
    """The place of a row in a column, with all its cells."""

    column: int
    cells: list[ShownCell]
    is_winner: bool = False


@dataclass(frozen=True)
class ColumnGroup:
    """Columns that are rendered together; `first` counts from 0."""

    number: int
    first: int
    size: int

    @property
    def positions(self) -> range:
        """Return the positions of its columns, for the targets of links such as `#column-14`."""
        return range(self.first, self.first + self.size)

    @property
    def label(self) -> str:
        """Return `Columns 13 to 24`."""
        if self.size == 1:
            return f"Column {self.first + 1}"
        return f"Columns {self.first + 1} to {self.first + self.size}"


@dataclass(frozen=True)
class GridRow:
    """A row with its input, its first places in the columns' order, and groups not loaded yet."""

    row: Row
    number: int
    inputs: list[ArgumentRow]
    places: list[Place]
    waiting: Sequence[ColumnGroup] = ()
    comments: int = 0


@dataclass(frozen=True)
class Part:
    """Rows that are loaded together; until then `labels` is their markup."""

    number: int
    rows: list[GridRow]
    labels: str = ""
    is_loaded: bool = True


@dataclass(frozen=True)
class Grid:
    """Everything that a board's page shows; `waiting` are the column groups not loaded yet."""

    board: Board
    columns: list[Column]
    waiting: Sequence[ColumnGroup]
    parts: list[Part]
    progress: Progress
    comment_count: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether all cells are loaded."""
        return not self.waiting and all(part.is_loaded for part in self.parts)


def grid_of(board: Board, reader: User, rights: BoardRights, *, is_whole: bool = False) -> Grid:
    """Return the board's grid with its first part and columns loaded, or with all cells.

    `rights` are those of the `reader`.
    """
    progress = progress_of(board)
    lines = _GridKeys(board, progress.total + progress.held)
    rendered_columns = range(len(lines.columns)) if is_whole else lines.group(0)
    parts = [n for n in range(len(lines.parts)) if is_whole or n == 0]
    rows = [row for n in parts for row, _ in lines.parts[n]]
    filler = _RowBuilder(lines, reader, rights, rows, rendered_columns)
    grid_parts = [
        Part(n, [filler.row(row) for row, _ in part])
        if n in parts
        else Part(n, [], _labels(part), is_loaded=False)
        for n, part in enumerate(lines.parts)
    ]
    count = filler.comments.total
    return Grid(board, filler.columns, filler.waiting, grid_parts, progress, count)


def part_of(board: Board, reader: User, rights: BoardRights, number: int) -> Part | None:
    """Return the rows of one part with their first columns; None if there are fewer parts."""
    lines = _GridKeys(board)
    if number >= len(lines.parts):
        return None
    rows = [row for row, _ in lines.parts[number]]
    filler = _RowBuilder(lines, reader, rights, rows, lines.group(0))
    return Part(number, [filler.row(row) for row in rows])


def group_of(
    board: Board, reader: User, rights: BoardRights, row: int, number: int
) -> GridRow | None:
    """Return the row with key `row` and one group of its places; None if either is missing."""
    lines = _GridKeys(board)
    if row not in lines.numbers or not (rendered_columns := lines.group(number)):
        return None
    return _RowBuilder(lines, reader, rights, [row], rendered_columns).row(row)


def heads_of(board: Board, number: int) -> list[Column]:
    """Return the columns of one group; empty if there are fewer."""
    lines = _GridKeys(board)
    return cell_queries.columns([lines.columns[n] for n in lines.group(number)])


def _labels(rows: Sequence[tuple[int, str]]) -> SafeString:
    return format_html_join("", _WAITING_ROW, [(pk, _shortened(label)) for pk, label in rows])


def _shortened(label: str) -> str:
    return label if len(label) <= LABEL_CHARS else f"{label[: LABEL_CHARS - 1]}…"


class _GridKeys:
    """The keys of a board's columns and rows, the columns in groups and the rows in parts."""

    def __init__(self, board: Board, cell_count: int | None = None) -> None:
        self.board = board
        self.columns = cell_queries.column_keys(board)
        rows = cell_queries.row_labels(board)
        self.numbers = {pk: number for number, (pk, _) in enumerate(rows)}
        if cell_count is None:
            cell_count = board.cells.filter(replaced_at=None).count()
        per_row = max(1, cell_count / max(1, len(rows)))
        share = min(1, GROUP_COLUMNS / max(1, len(self.columns)))
        first, size = (max(1, round(n / (per_row * share))) for n in (FIRST_CELLS, PART_CELLS))
        later_parts = [rows[start : start + size] for start in range(first, len(rows), size)]
        self.parts = [rows[:first], *later_parts]

    def group(self, number: int) -> range:
        """Return the positions of a group's columns, from 0; empty if there are fewer."""
        first = number * GROUP_COLUMNS
        return range(first, min(first + GROUP_COLUMNS, len(self.columns)))

    def groups_after(self, rendered_columns: range) -> list[ColumnGroup]:
        """Return the groups after the rendered columns; none if all are rendered."""
        starts = range(rendered_columns.stop, len(self.columns), GROUP_COLUMNS)
        groups = [(start // GROUP_COLUMNS, start) for start in starts]
        return [ColumnGroup(n, start, len(self.group(n))) for n, start in groups]


class _RowBuilder:
    """Fills rows with the tiles of the rendered columns."""

    def __init__(
        self, lines: _GridKeys, reader: User, rights: BoardRights, rows: Sequence[int], span: range
    ) -> None:
        board, self.lines, self.rights, self.drawn = lines.board, lines, rights, span
        self.columns = cell_queries.columns([lines.columns[n] for n in span])
        self.waiting = lines.groups_after(span)
        self.rows = cell_queries.rows(rows)
        self.found = cell_queries.cells(board, rows, self.columns)
        self.authors = cell_queries.load_authors(self.found.all, reader)
        self.comments = counts_of(board)
        self.kept = cell_markup.find(self.found.all, self.authors, self.comments.cells, rights)
        self.texts = cell_queries.load_results(c for c in self.found.all if c.pk not in self.kept)
        self.group = watching.data_watch(board, reader) if rights.is_member else ""

    def row(self, pk: int) -> GridRow:
        """Return one row with its tiles."""
        row = self.rows[pk]
        winner = getattr(row, "mark", None) and row.mark.winner_id
        places = [
            Place(
                n,
                [self.cell(cell) for cell in self.found.by_place.get((pk, column.pk), [])],
                is_winner=column.pk == winner,
            )
            for n, column in zip(self.drawn, self.columns, strict=True)
        ]
        inputs = history.argument_rows(with_named_files(row.values))
        comments = self.comments.rows.get(pk, 0)
        return GridRow(row, self.lines.numbers[pk], inputs, places, self.waiting, comments)

    def cell(self, cell: Cell) -> ShownCell:
        """Return one cell; a run with several cells is rendered in the first one only."""
        if cell.run is None or cell.run.deleted_at:
            return ShownCell(cell)
        if first := self.found.elsewhere.get(cell.pk):
            row = self.lines.numbers[first.row_id] + 1
            column = self.lines.columns.index(first.column_id) + 1
            return ShownCell(cell, same_as=f"row {row}, column {column}")
        if cached := self.kept.get(cell.pk):
            return ShownCell(cell, markup=cached)
        is_beside = cell.run.is_shown_with(self.lines.board)
        group = self.group if is_beside else ""  # an example is watched by itself
        tile, by = tiles.tile(cell.run, self.texts, group), self.authors.get(cell.pk, "")
        shown_cell = ShownCell(cell, tile, by=by, comments=self.comments.cells.get(cell.pk, 0))
        markup = cell_markup.render(shown_cell, self.lines.board, self.rights)
        return replace(shown_cell, markup=markup)
