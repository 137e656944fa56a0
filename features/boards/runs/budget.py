"""The cap of a board: which runs would exceed it, and the owner's notification."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from core.formatting import counted, money
from features.boards.models import Board
from features.notifications import kinds, outbox
from projects import roles
from runs.costs import ledger
from runs.costs.ledger import Balance
from runs.models import LedgerAccount
from runs.start.starting import in_dollars

if TYPE_CHECKING:
    from schemas.estimate import Estimate

PRICE_UNKNOWN = (
    "Not sent: its price is unknown, so the budget cannot be guaranteed. Remove it to run this "
    "anyway."
)


def open_account(board: Board) -> LedgerAccount:
    """Return the account of a board with its cap, locked until the end of the transaction."""
    return ledger.open_account(LedgerAccount.Kind.BOARD, board.pk, cap=board.cap_usd)


def committed(board: Board) -> Decimal:
    """Return what the board's own runs have cost, plus the maximum cost of unfinished ones.

    Repeated cells count as well; reused results cost nothing.
    """
    return ledger.committed(LedgerAccount.Kind.BOARD, board.pk)


class Budget:
    """The rest of a cap while cells are sent one after the other.

    Each run counts towards `account`, which is None for a plan that is only priced.
    """

    def __init__(self, balance: Balance, account: LedgerAccount | None = None) -> None:
        self.balance, self.account = balance, account

    @classmethod
    def of_board(cls, board: Board) -> Budget:
        """Return the budget of a board, whose account is locked until the transaction ends."""
        account = open_account(board)
        return cls(ledger.balance(account), account)

    def refuse(self, estimate: Estimate) -> str:
        """Return why a run with this estimate is not sent; if it fits, deduct it and return ""."""
        most = in_dollars(estimate)
        if not self.balance.allows(most):
            return _refusal(self.balance, most)
        self.balance.take(most)
        return ""


def _refusal(balance: Balance, most: Decimal | None) -> str:
    if most is None or balance.cap is None:
        return PRICE_UNKNOWN
    return (
        f"Not sent: with {money(most)} for this run the board could cost "
        f"{money(balance.committed + most)}, more than its budget of {money(balance.cap)}."
    )


def warn_of_board(board: Board, held_count: int) -> bool:
    """Notify the owner that the board's own cap held cells back, once per amount of the cap."""
    if board.cap_usd is None or not roles.role_in(board.project, board.user):
        return False
    cells = f"{counted(held_count, 'run')} {'was' if held_count == 1 else 'were'}"
    return outbox.notify(
        board.user,
        kinds.BUDGET_WARNING,
        subject=f"The budget of the board “{board}” is reached",
        text=f"{cells} not sent: the board could have cost more than {money(board.cap_usd)}. "
        "Raise the budget to send them.",
        path=board.get_absolute_url(),
        key=f"board {board.pk} cap {board.cap_usd.normalize()}",
        about=board,
    )
