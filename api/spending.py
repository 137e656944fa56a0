"""The spending cap of an assistant's session: the remaining amount, and the end of a session.

It does not use Django, since `vitrine mcp` may call a remote Vitrine. `api.charges` counts tokens'
sessions in the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

RAISE = "to raise MCP_SPENDING_CAP"
NOTHING = Decimal(0)
SESSION = timedelta(hours=1)  # without a paid run; then the cap starts again


@dataclass(frozen=True)
class Charge:
    """The most that a call may cost, None if unknown, and the cap of the session that pays."""

    amount: Decimal | None
    cap: Decimal


class CapExceeded(Exception):
    """A call may cost more than its session may still spend."""

    def __init__(
        self, amount: Decimal | None, amount_left: Decimal, *, is_of_house: bool = False
    ) -> None:
        alternative = "an admin for a larger budget of sessions" if is_of_house else RAISE
        sum_left = plain(max(amount_left, NOTHING))
        cost = (
            "The cost of this is not known" if amount is None else f"This may cost {plain(amount)}"
        )
        super().__init__(
            f"{cost}, and this session may spend {sum_left} more. "
            f"Nothing was run. Ask the person to run it, or {alternative}."
        )


def counts_with(
    amount: Decimal | None, amount_left: Decimal, *, is_of_house: bool = False
) -> Decimal:
    """Return the amount that a call counts in a session with `amount_left`; raises CapExceeded.

    While its cost is unknown, that is all that is left.
    """
    if amount_left <= 0 if amount is None else amount > amount_left:
        raise CapExceeded(amount, amount_left, is_of_house=is_of_house)
    return amount_left if amount is None else amount


def spent_after(charge: Charge, spent: Decimal, paid_at: datetime, now: datetime) -> Decimal:
    """Return what the session will have spent with `charge`; raises CapExceeded."""
    before = spent_in_session(spent, paid_at, now)
    return before + counts_with(charge.amount, charge.cap - before)


def spent_in_session(spent: Decimal, paid_at: datetime, now: datetime) -> Decimal:
    """Return what a session that last paid at `paid_at` has spent; nothing if it has ended."""
    return spent if now - paid_at <= SESSION else Decimal(0)


def plain(amount: Decimal) -> str:
    """Return an amount without exponent and trailing zeros."""
    return f"{amount.normalize():f}"
