"""Which runs of a board may be shown, asked for each time that something of it is shown.

A cell may show a run from elsewhere: an example, which can be taken back at any time, or one that
was moved to another project since.
"""

from __future__ import annotations

from collections.abc import Iterable

from features.boards.models import Board, Cell
from runs.models import Run

WITHHELD = "No longer shared."


def withhold_unreadable(board: Board, cells: Iterable[Cell]) -> None:
    """Take the runs from those loaded cells whose run not everybody who sees the board may read.

    The cells must not be saved. One query if there are runs from elsewhere, and none otherwise.
    """
    loaded = [cell for cell in cells if cell.run]
    withheld = Run.objects.withheld_with(board, [cell.run for cell in loaded if cell.run])
    for cell in loaded:
        if cell.run_id in withheld:
            cell.run, cell.not_sent = None, WITHHELD
