"""The queries of a board's page, compiled once: most of its time was Django building the SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import (
    BigAutoField,
    Exists,
    Min,
    OuterRef,
    UUIDField,
    prefetch_related_objects,
)

from boards.models import Batch, Cell, Column, Row
from boards.runs.visibility import withhold_unreadable
from core.db.prepared_queries import Param, ParamList, PreparedQuery
from playground.display import tiles
from runs.models import Artifact, Run

# Columns of runs that a grid does not show.
_HEAVY = (
    *("logs", "output", "output_text", "partial", "steps", "metrics", "handle", "sent_arguments"),
    *("positions", "events", "arguments"),
)
_BOARD = Param("board", UUIDField())
_ROWS, _COLUMNS = ParamList("rows", BigAutoField()), ParamList("columns", BigAutoField())
_RUNS = ParamList("runs", UUIDField())


class FirstCell(NamedTuple):
    """The first of several cells that show the same run."""

    pk: int
    row_id: int
    column_id: int


@dataclass(frozen=True)
class Found:
    """Cells, also by the keys of row and column; `elsewhere` has earlier cells of the same run."""

    all: Sequence[Cell]
    by_place: Mapping[tuple[int, int], list[Cell]]
    elsewhere: Mapping[int, FirstCell]


_COLUMN_KEYS = PreparedQuery(
    lambda: Column.objects.filter(board_id=_BOARD).values_list("pk", flat=True)
)
_COLUMNS_SHOWN = PreparedQuery(
    lambda: Column.objects.filter(pk__in=_COLUMNS).select_related("endpoint__picture", "trial")
)
_LABELS = PreparedQuery(lambda: Row.objects.filter(board_id=_BOARD).values_list("pk", "label"))
_ROWS_SHOWN = PreparedQuery(
    lambda: Row.objects.filter(pk__in=_ROWS).select_related("mark__winner__endpoint")
)
_CELLS = PreparedQuery(
    lambda: (
        Cell.objects.filter(row_id__in=_ROWS, column_id__in=_COLUMNS, replaced_at=None)
        .select_related("run", "mark")
        .defer(*(f"run__{name}" for name in _HEAVY))
    )
)
_FIRST = PreparedQuery(
    lambda: (
        Cell.objects.filter(board_id=_BOARD, replaced_at=None, run_id__in=_RUNS)
        .order_by()
        .values_list("run_id")
        .annotate(first=Min("pk"))
    )
)
_OUTPUTS = PreparedQuery(
    lambda: Run.objects.filter(
        ~Exists(Artifact.objects.filter(run_id=OuterRef("pk"))), pk__in=_RUNS
    ).values_list("pk", "output")
)


def column_keys(board: Batch) -> list[int]:
    """Return the keys of a board's columns in order."""
    return _COLUMN_KEYS.all(board=board.pk)


def row_labels(board: Batch) -> list[tuple[int, str]]:
    """Return key and label of each row, in order."""
    return _LABELS.all(board=board.pk)


def columns(keys: Sequence[int]) -> list[Column]:
    """Return these columns in order, with endpoint, picture and trial."""
    return _COLUMNS_SHOWN.all(columns=keys)


def rows(keys: Sequence[int]) -> dict[int, Row]:
    """Return these rows by their keys, with their winners."""
    return {row.pk: row for row in _ROWS_SHOWN.all(rows=keys)}


def cells(board: Batch, rows: Sequence[int], columns: Sequence[Column]) -> Found:
    """Return the current cells in these rows and columns, each run with its endpoint."""
    found = _CELLS.all(rows=rows, columns=[column.pk for column in columns])
    withhold_unreadable(board, found)
    endpoints = {column.pk: column.endpoint for column in columns}
    by_place: dict[tuple[int, int], list[Cell]] = {}
    for cell in found:
        by_place.setdefault((cell.row_id, cell.column_id), []).append(cell)
        if cell.run:
            cell.run.endpoint = endpoints[cell.column_id]
    return Found(found, by_place, _elsewhere(board, found))


def _elsewhere(board: Batch, shown: Sequence[Cell]) -> dict[int, FirstCell]:
    """Return, for each shown cell whose run has an earlier cell on the board, that cell."""
    runs = [cell.run_id for cell in shown if cell.run_id]
    first = dict(_FIRST.all(board=board.pk, runs=runs))
    later = {cell.pk: first[cell.run_id] for cell in shown if cell.run_id}
    later = {pk: earliest for pk, earliest in later.items() if earliest != pk}
    if not later:
        return {}
    named = Cell.objects.filter(pk__in={*later.values()}).values_list(*FirstCell._fields)
    by_pk = {values[0]: FirstCell(*values) for values in named}
    return {pk: by_pk[earliest] for pk, earliest in later.items()}


def load_results(cells: Iterable[Cell]) -> dict[object, str]:
    """Load the files of these cells' runs; returns the first text of each result without files."""
    runs = [cell.run for cell in cells if cell.run]
    if not runs:
        return {}
    prefetch_related_objects(runs, "artifacts")
    done = [run.pk for run in runs if run.state == Run.State.SUCCEEDED]
    return {pk: tiles.text_of(output) for pk, output in _OUTPUTS.all(runs=done)}
