"""The spending cap of an assistant's session: what is left of it, and when a session ends.

Independent of Django, since `vitrine mcp` may use a remote Vitrine. `api.charges` counts the
sessions of tokens in the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

RAISE = "to raise MCP_SPENDING_CAP"
NOTHING = Decimal(0)
SESSION = timedelta(hours=1)  # without a paid run, after which the cap starts anew


@dataclass(frozen=True)
class Charge:
    """The most that a call may cost, and the cap of the session that pays for it."""

    amount: Decimal
    cap: Decimal


class CapExceeded(Exception):
    """A call may cost more than its session may still spend."""

    def __init__(self, amount: Decimal, left: Decimal, *, is_of_house: bool = False) -> None:
        more = "an admin for a larger budget of sessions" if is_of_house else RAISE
        rest = plain(max(left, NOTHING))
        super().__init__(
            f"This may cost {plain(amount)}, and this session may spend {rest} more. "
            f"Nothing was run. Ask the person to run it, or {more}."
        )


def spent_after(charge: Charge, spent: Decimal, paid_at: datetime, now: datetime) -> Decimal:
    """Return what the session will have spent with `charge`; raises CapExceeded."""
    before = spent_in_session(spent, paid_at, now)
    if before + charge.amount > charge.cap:
        raise CapExceeded(charge.amount, charge.cap - before)
    return before + charge.amount


def spent_in_session(spent: Decimal, paid_at: datetime, now: datetime) -> Decimal:
    """Return what a session that last paid at `paid_at` has spent; nothing if it has ended."""
    return spent if now - paid_at <= SESSION else Decimal(0)


def plain(amount: Decimal) -> str:
    """Return an amount without exponent and trailing zeros."""
    return f"{amount.normalize():f}"
