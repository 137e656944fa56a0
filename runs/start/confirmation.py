"""What whoever presses, or the program that calls, has said yes to beforehand.

A page that was told what a press costs (`Unconfirmed`) posts the same fields again, with
the sum in `FIELD`. A program names the most that a call may cost: in `HEADER`, or as `max_cost`
and `allow_unknown_price` where an operation has these. Runs that begin without anybody waiting for
an answer, such as a flow's next step, are not asked about.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from accounts.auditing import acting
from core.http.posts import hidden
from schemas.estimate.amounts import decimal

if TYPE_CHECKING:
    from django.http import HttpRequest

FIELD = "~confirmed"
HEADER = "X-Max-Cost"
WHATEVER = "unknown"  # also runs of which nothing is known of what they cost
ALARMED = "alarmed"  # also models of which a run has cost far more than expected
_CONFIRMED = "_confirmed_cost"
_given: ContextVar[Confirmation | None] = ContextVar("given", default=None)


@dataclass(frozen=True)
class Confirmation:
    """The most that a press may cost in dollars; with `is_unknown_fine` also an unknown sum.

    With `is_alarm_fine` also runs of a model whose alarm nobody has looked at.
    """

    most: Decimal = Decimal(0)
    is_unknown_fine: bool = False
    is_alarm_fine: bool = False

    @classmethod
    def parse(cls, text: str) -> Confirmation:
        """Return what a field or a header says: `14.20`, `unknown`, or both."""
        words = text.replace(",", " ").split()
        sums = [amount for word in words if (amount := decimal(word)) is not None and amount >= 0]
        return cls(max(sums, default=Decimal(0)), WHATEVER in words, ALARMED in words)

    @classmethod
    def asked_for(cls, amount: Decimal, *, is_any_unknown: bool) -> str:
        """Return what says yes to this, as `parse` reads it."""
        return f"{amount:f} {WHATEVER}" if is_any_unknown else f"{amount:f}"


def confirm(request: HttpRequest, amount: Decimal, *, is_unknown_fine: bool) -> None:
    """Say yes to a sum for the program whose request this is."""
    setattr(request, _CONFIRMED, Confirmation(amount, is_unknown_fine))


@contextmanager
def given(text: str) -> Iterator[None]:
    """Let `current` return what was said before, as `parse` reads it: by who opens a session."""
    token = _given.set(Confirmation.parse(text))
    try:
        yield
    finally:
        _given.reset(token)


def said_by(request: HttpRequest) -> str:
    """Return what a request says yes to, as `parse` reads it."""
    return request.headers.get(HEADER, "") or hidden(request, FIELD)


def current() -> Confirmation | None:
    """Return what the request that is answered says yes to; None: nobody can be asked."""
    if (before := _given.get()) is not None:
        return before
    request = acting.request()
    if request is None:
        return None
    said: Confirmation | None = getattr(request, _CONFIRMED, None)
    return said or Confirmation.parse(said_by(request))
