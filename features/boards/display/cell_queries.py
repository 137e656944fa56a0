"""The queries of a board's page, compiled once: most of its time was Django building the SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Min, Prefetch, prefetch_related_objects

from features.boards.models import Board, Cell, Column, Row
from features.boards.runs.visibility import withhold_unreadable
from runs.models import Artifact
from runs.models.querysets import heavy_columns
from runs.results import excerpts

if TYPE_CHECKING:
    import uuid

    from django.contrib.auth.models import User


class FirstCell(NamedTuple):
    """The first of several cells that show the same run."""

    pk: int
    row_id: int
    column_id: int


@dataclass(frozen=True)
class BoardCells:
    """Cells, also by the keys of row and column; `elsewhere` has earlier cells of the same run."""

    all: Sequence[Cell]
    by_place: Mapping[tuple[int, int], list[Cell]]
    elsewhere: Mapping[int, FirstCell]


def column_keys(board: Board) -> list[int]:
    """Return the keys of a board's columns in order."""
    return list(Column.objects.filter(board=board).values_list("pk", flat=True))


def row_labels(board: Board) -> list[tuple[int, str]]:
    """Return key and label of each row, in order."""
    return list(Row.objects.filter(board=board).values_list("pk", "label"))


def columns(keys: Sequence[int]) -> list[Column]:
    """Return these columns in order, with endpoint and picture."""
    column_rows = Column.objects.filter(pk__in=keys)
    return list(column_rows.select_related("endpoint__picture"))


def rows(keys: Sequence[int]) -> dict[int, Row]:
    """Return these rows by their keys, with their winners."""
    return Row.objects.select_related("mark__winner__endpoint").in_bulk(keys)


def cells(board: Board, rows: Sequence[int], columns: Sequence[Column]) -> BoardCells:
    """Return the current cells in these rows and columns, each run with its endpoint."""
    cells = list(
        Cell.objects.filter(row_id__in=rows, column__in=columns, replaced_at=None)
        .select_related("run__charge", "mark")
        .defer(*heavy_columns("run__"))
    )
    withhold_unreadable(board, cells)
    endpoints = {column.pk: column.endpoint for column in columns}
    by_place: dict[tuple[int, int], list[Cell]] = {}
    for cell in cells:
        by_place.setdefault((cell.row_id, cell.column_id), []).append(cell)
        if cell.run:
            cell.run.endpoint = endpoints[cell.column_id]
    return BoardCells(cells, by_place, _elsewhere(board, cells))


def _elsewhere(board: Board, visible_cells: Sequence[Cell]) -> dict[int, FirstCell]:
    """Return the board's first cell with the same run, by the keys of later cells shown here."""
    runs = [cell.run_id for cell in visible_cells if cell.run_id]
    on_board = Cell.objects.filter(board=board, replaced_at=None, run_id__in=runs).order_by()
    first = dict(on_board.values_list("run_id").annotate(first=Min("pk")))
    later = {cell.pk: first[cell.run_id] for cell in visible_cells if cell.run_id}
    later = {pk: earliest for pk, earliest in later.items() if earliest != pk}
    if not later:
        return {}
    first_cells = Cell.objects.filter(pk__in={*later.values()}).values_list(*FirstCell._fields)
    by_pk = {values[0]: FirstCell(*values) for values in first_cells}
    return {pk: by_pk[earliest] for pk, earliest in later.items()}


def load_authors(cells: Iterable[Cell], reader: User) -> dict[int, str]:
    """Return the authors of these cells' runs by the keys of the cells, without the reader's runs.

    One query; none if all runs are the reader's.
    """
    runs = {cell.pk: cell.run for cell in cells if cell.run and cell.run.user_id != reader.pk}
    prefetch_related_objects([*runs.values()], "user")
    return {pk: run.author for pk, run in runs.items()}


def load_results(cells: Iterable[Cell]) -> dict[uuid.UUID, str]:
    """Load the files of these cells' runs; return the first text of each result without files."""
    runs = [cell.run for cell in cells if cell.run]
    if not runs:
        return {}
    prefetch_related_objects(runs, Prefetch("artifacts", Artifact.objects.light()))
    return excerpts.texts_of(runs)
