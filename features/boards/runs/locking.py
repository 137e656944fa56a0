"""The lock of a board: its row, held by whatever sends, stops or changes what may be sent.

Of two requests at once, the one that has the lock first is written whole before the other looks at
the board. A request that began before Stop and gets the lock after it sends nothing.
"""

from __future__ import annotations

import uuid

from features.boards.models import Board
from runs.start.refused_starts import Refused


def lock(pk: uuid.UUID) -> Board:
    """Return the board with its row locked until the end of the transaction."""
    boards = Board.objects.select_related("project").select_for_update(of=("self",))
    return boards.get(pk=pk)


def lock_for_sending(read: Board) -> Board:
    """Return the locked board; `read` is it as the request found it when it began.

    Raises Refused if it was stopped or deleted since.
    """
    locked = lock(read.pk)
    if locked.deleted_at:
        raise Refused("The board was deleted meanwhile. Nothing was sent.")
    if locked.stopped_at != read.stopped_at:
        raise Refused("The board was stopped meanwhile. Nothing was sent: press again to send it.")
    return locked
