"""Which runs of a board may be shown, asked for each time that something of it is shown.

A cell may show a run from elsewhere: an example, which can be taken back at any time, or one that
was moved to another project since.
"""

from __future__ import annotations

from collections.abc import Iterable

from boards.models import Board, Cell
from runs.models import Run

WITHHELD = "No longer shared."


def withhold_unreadable(board: Board, cells: Iterable[Cell]) -> None:
    """Take the runs from those loaded cells whose run not everybody who sees the board may read.

    The cells must not be saved. One query if there are runs from elsewhere, and none otherwise.
    """
    others = [cell for cell in cells if cell.run and not cell.run.is_shown_with(board)]
    if not others:
        return
    readable = Run.objects.readable_with(board).filter(pk__in={cell.run_id for cell in others})
    shown = set(readable.values_list("pk", flat=True))
    for cell in others:
        if cell.run_id not in shown:
            cell.run, cell.not_sent = None, WITHHELD
