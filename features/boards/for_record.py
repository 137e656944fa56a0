"""What boards add to the record of models: the rows with a winner, and who won them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from features.boards.models import Cell, RowMark
from runs.records import counting


def rows_won(endpoint_id: int) -> dict[int, tuple[int, int]]:
    """Return by project the decided rows with this model and others, and how many it won.

    Rows of one model alone, in several columns, say nothing, and deleted boards are out.
    """
    cells = Cell.objects.filter(replaced_at=None, board__deleted_at=None)
    of_model = cells.filter(column__endpoint=endpoint_id).values("row")
    of_others = cells.exclude(column__endpoint=endpoint_id).values("row")
    decided = RowMark.objects.decided().filter(row__in=of_model).filter(row__in=of_others)
    rows: Counter[int] = Counter()
    won: Counter[int] = Counter()
    for project, winner in decided.values_list("row__board__project_id", "winner__endpoint_id"):
        rows[project] += 1
        won[project] += winner == endpoint_id
    return {project: (number, won[project]) for project, number in rows.items()}


def touch(cells: Iterable[Cell]) -> None:
    """Let the rows of these cells be counted again.

    Rows whose runs are purged by now are counted again at night.
    """
    counting.touch(cell.run_id for cell in cells if cell.run_id)
