"""The spending cap of an assistant's session; `api.charges` counts the sessions of tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
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

    def __init__(self, amount: Decimal | None, room: Decimal, *, is_of_house: bool = False) -> None:
        alternative = "an admin for a larger budget of sessions" if is_of_house else RAISE
        sum_left = plain(max(room, NOTHING))
        cost = (
            "The cost of this is not known" if amount is None else f"This may cost {plain(amount)}"
        )
        super().__init__(
            f"{cost}, and this session may spend {sum_left} more. "
            f"Nothing was run. Ask the person to run it, or {alternative}."
        )


def counts_with(amount: Decimal | None, room: Decimal, *, is_of_house: bool = False) -> Decimal:
    """Return the amount that a call counts in a session with `room` left; raises CapExceeded.

    While its cost is unknown, that is all that is left.
    """
    if room <= 0 if amount is None else amount > room:
        raise CapExceeded(amount, room, is_of_house=is_of_house)
    return room if amount is None else amount


def plain(amount: Decimal) -> str:
    """Return an amount without exponent and trailing zeros."""
    return f"{amount.normalize():f}"
