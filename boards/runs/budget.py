"""The caps of a board: which of its runs would exceed them, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from boards.models import Board
from core.formatting import money
from runs import ledger
from runs.ledger import Balance
from runs.models import LedgerAccount
from runs.starting import in_dollars

if TYPE_CHECKING:
    from schemas.estimate import Estimate

PRICE_UNKNOWN = (
    "Not sent: its price is unknown, so the cap cannot be guaranteed. Remove the cap to run it "
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
    """The rest of one or more caps while cells are sent one after the other.

    `accounts` are those that each run counts towards, empty for a plan that is only priced.
    """

    def __init__(self, balances: Sequence[Balance], accounts: Sequence[LedgerAccount] = ()) -> None:
        self.balances, self.accounts = balances, accounts

    @classmethod
    def of(cls, *accounts: LedgerAccount) -> Budget:
        """Return the budget of opened accounts."""
        return cls([ledger.balance(account) for account in accounts], accounts)

    def refuse(self, estimate: Estimate) -> str:
        """Return why a run of this estimate is not sent; if it fits, deduct its cost, return ""."""
        most = in_dollars(estimate)
        for balance in self.balances:
            if not balance.allows(most):
                return _refusal(balance, most)
        for balance in self.balances:
            balance.take(most)
        return ""


def _refusal(balance: Balance, most: Decimal | None) -> str:
    if most is None or balance.cap is None:
        return PRICE_UNKNOWN
    return (
        f"Not sent: with {money(most)} for this run the board could cost "
        f"{money(balance.committed + most)}, more than your cap of {money(balance.cap)}."
    )
