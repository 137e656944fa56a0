"""Charges an assistant's calls to the session of its token, an account of the ledger.

All web processes count in the same session, however the header spelled the token. A session ends
after an hour without a paid call. Its cap is the smaller one of the call's cap and the house's
budget per session.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from api import tokens
from api.models import Token
from api.spending import SESSION, Charge, counts_with
from core.db import clock
from features.spending.budgets import counting
from features.spending.models import SpendingRules
from runs.costs import ledger
from runs.costs.ledger import Reservation
from runs.models import LedgerAccount, LedgerEntry

if TYPE_CHECKING:
    from django.http import HttpRequest

# Key of the ASGI scope under which a caller within this process passes a Charge. Requests from
# outside cannot set it.
CHARGE = "vitrine.charge"


@contextmanager
def charged(request: HttpRequest, token: Token) -> Iterator[LedgerEntry | None]:
    """Reserve what an assistant's call may cost, in the transaction that starts the run.

    Yields the entry, which the call may assign to its run; None for a call that is not charged.
    Raises CapExceeded. An exception within the block cancels the reservation.
    """
    charge = request.META.get("asgi.scope", {}).get(CHARGE)
    if charge is None or request.method != "POST":
        yield None
        return
    with transaction.atomic():
        yield _reserve(token, charge)


def _reserve(token: Token, charge: Charge) -> LedgerEntry:
    now = clock.now()
    Token.objects.select_for_update().get(pk=token.pk)  # simultaneous calls share one session
    period = _current_session(token.pk, now) or now.isoformat(timespec="microseconds")
    cap = _cap(charge.cap)
    account = ledger.open_account(LedgerAccount.Kind.ASSISTANT, token.pk, period, cap)
    amount = SpendingRules.current().assumed if charge.amount is None else charge.amount
    amount_left = cap - account.committed
    amount = counts_with(amount, amount_left, is_of_house=cap < charge.cap)
    (entry,) = ledger.reserve([Reservation(None, amount, [account])])
    return entry


def _cap(of_call: Decimal) -> Decimal:
    of_house = counting.session_limit()
    return of_call if of_house is None else min(of_call, of_house)


def _current_session(token_id: int, now: datetime) -> str:
    """Return the period of the token's current session; empty if there is none."""
    latest = LedgerEntry.objects.filter(
        account__kind=LedgerAccount.Kind.ASSISTANT,
        account__key=str(token_id),
        created_at__gte=now - SESSION,
    )
    return latest.order_by("-created_at").values_list("account__period", flat=True).first() or ""


def left_of(secret: str, cap: Decimal) -> Decimal:
    """Return what the session of the token `secret` may still spend."""
    row = tokens.row_of(secret)
    period = _current_session(row.pk, clock.now()) if row else ""
    cap = _cap(cap)
    if not (row and period):
        return cap
    spent = ledger.committed(LedgerAccount.Kind.ASSISTANT, row.pk, period)
    return max(cap - spent, Decimal(0))  # the budget may be below the amount spent
