"""The unknown costs that a user or a calling program has confirmed before a start.

A page that asked about a submission (`Unconfirmed`) posts the same fields again, with the answer in
`FIELD`. A program sends it in `HEADER`, or `allow_unknown_price` where an operation has that.
Nobody waits for the answer to runs such as a flow's next step, so they need no confirmation.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from accounts.audit import acting
from core.http.posts import hidden
from schemas.estimate.amounts import decimal

if TYPE_CHECKING:
    from django.http import HttpRequest

FIELD = "~confirmed"
HEADER = "X-Max-Cost"
WHATEVER = "unknown"  # also runs of unknown cost
ALARMED = "alarmed"  # also models with a run that has cost far more than expected
_CONFIRMED = "_confirmed_cost"
_given: ContextVar[Confirmation | None] = ContextVar("given", default=None)


@dataclass(frozen=True)
class Confirmation:
    """The highest confirmed cost in dollars; `is_unknown_fine` also allows an unknown sum.

    `is_alarm_fine` also allows runs of a model whose alarm nobody has looked at.
    """

    most: Decimal = Decimal(0)
    is_unknown_fine: bool = False
    is_alarm_fine: bool = False

    @classmethod
    def parse(cls, text: str) -> Confirmation:
        """Parse a field or a header: `14.20`, `unknown`, or both."""
        words = text.replace(",", " ").split()
        sums = [amount for word in words if (amount := decimal(word)) is not None and amount >= 0]
        return cls(max(sums, default=Decimal(0)), WHATEVER in words, ALARMED in words)

    @classmethod
    def asked_for(cls, amount: Decimal, *, is_any_unknown: bool) -> str:
        """Return the text that confirms this cost, for `parse`."""
        return f"{amount:f} {WHATEVER}" if is_any_unknown else f"{amount:f}"


def confirm_unknown(request: HttpRequest) -> None:
    """Confirm an unknown cost for the program that sent this request."""
    setattr(request, _CONFIRMED, Confirmation(is_unknown_fine=True))


@contextmanager
def given(text: str) -> Iterator[None]:
    """Make `current` return an earlier confirmation, as `parse` reads it, when a session opens."""
    token = _given.set(Confirmation.parse(text))
    try:
        yield
    finally:
        _given.reset(token)


def said_by(request: HttpRequest) -> str:
    """Return the costs that a request confirms, for `parse`."""
    return request.headers.get(HEADER, "") or hidden(request, FIELD)


def current() -> Confirmation | None:
    """Return what the current request confirms; None if there is nobody to ask."""
    if (before := _given.get()) is not None:
        return before
    request = acting.request()
    if request is None:
        return None
    confirmed: Confirmation | None = getattr(request, _CONFIRMED, None)
    return confirmed or Confirmation.parse(said_by(request))
