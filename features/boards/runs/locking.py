"""The lock on a board's row, held while sending, stopping, or changing what may be sent.

Of two simultaneous requests, the second one reads the board after the first one is written
completely. A request that began before Stop and gets the lock after it sends nothing.
"""

from __future__ import annotations

import uuid

from features.boards.models import Board
from runs.start.refused_starts import StartRefused


def lock(pk: uuid.UUID) -> Board:
    """Return the board with its row locked until the end of the transaction."""
    boards = Board.objects.select_related("project").select_for_update(of=("self",))
    return boards.get(pk=pk)


def lock_for_sending(unlocked: Board) -> Board:
    """Return the locked board; `unlocked` is the board as the request read it at first.

    Raises StartRefused if it was stopped or deleted since then.
    """
    locked = lock(unlocked.pk)
    if locked.deleted_at:
        raise StartRefused("The board has just been deleted. Nothing was sent.")
    if locked.stopped_at != unlocked.stopped_at:
        raise StartRefused(
            "The board has just been stopped. Nothing was sent: press again to send it."
        )
    return locked
