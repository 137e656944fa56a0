"""Notifies a board's owner, on the channels for budgets, that a cap held cells back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.urls import reverse

from boards.models import Board
from core.formatting import counted, money
from notifications import kinds, outbox
from projects import roles


def warn_of_board(board: Board, held: int) -> bool:
    """Notify the owner that the board's own cap held cells back; once per amount of the cap."""
    if board.cap_usd is None or not roles.role_in(board.project, board.user):
        return False
    cells = f"{counted(held, 'run')} {'was' if held == 1 else 'were'}"
    return outbox.notify(
        board.user,
        kinds.BUDGET_WARNING,
        subject=f"The cap of the board “{board}” is reached",
        text=f"{cells} not sent: the board could have cost more than {money(board.cap_usd)}. "
        "Raise the cap to send them.",
        path=board.get_absolute_url(),
        key=f"board {board.pk} cap {board.cap_usd.normalize()}",
        about=board,
    )


def warn_of_trials(board: Board, cap: Decimal | None, month: datetime, why: str) -> bool:
    """Notify the owner that a trial was not sent; once per month and amount of its cap."""
    amount = "board" if cap is None else str(cap.normalize())
    return outbox.notify(
        board.user,
        kinds.BUDGET_WARNING,
        subject=f"A cap stopped a trial on the board “{board}”",
        text=why,
        path=reverse("boards:board-trials", args=[board.pk]),
        key=f"trials {board.pk} cap {amount} {month:%Y-%m}",
        about=board,
    )
