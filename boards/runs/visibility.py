"""Which runs of a board may be shown, asked for each time that something of it is shown.

A cell may show somebody else's run: an example of the team, which can be taken back at any time.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User

from boards.models import Board, Cell
from runs.models import Run

WITHHELD = "No longer shared."


def without_rights(user_id: int) -> User:
    """Return the user without permissions: who reads their own runs and what everybody may.

    A board's votes, and reused results, show only that: its owner may have the permission to see
    everybody's runs, but those who vote do not.
    """
    return User(pk=user_id)


def withhold_unreadable(board: Board, cells: Iterable[Cell]) -> None:
    """Take the runs from those loaded cells whose run the board's owner may no longer read.

    The cells must not be saved. One query if there are other people's runs, and none otherwise.
    """
    others = [cell for cell in cells if cell.run and cell.run.user_id != board.user_id]
    if not others:
        return
    readable = Run.objects.readable_by(board.user).filter(pk__in={cell.run_id for cell in others})
    shown = set(readable.values_list("pk", flat=True))
    for cell in others:
        if cell.run_id not in shown:
            cell.run, cell.not_sent = None, WITHHELD
