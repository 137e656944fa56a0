"""Decides which runs of a board may be shown, each time that the board is shown.

A cell may show a run of another project: an example, which can be taken back at any time, or a
run that was moved there later.
"""

from __future__ import annotations

from collections.abc import Iterable

from features.boards.models import Board, Cell
from runs.models import Run

WITHHELD = "No longer shared."


def withhold_unreadable(board: Board, cells: Iterable[Cell]) -> None:
    """Remove, from loaded cells, the runs that not everybody who sees the board may read.

    The cells must not be saved. One query if there are runs of other projects, else none.
    """
    loaded = [cell for cell in cells if cell.run]
    withheld = Run.objects.withheld_with(board, [cell.run for cell in loaded if cell.run])
    for cell in loaded:
        if cell.run_id in withheld:
            cell.run, cell.not_sent = None, WITHHELD
