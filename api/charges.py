"""Charges an assistant's calls to the session of its token.

The sessions are rows: all web processes count in the same one, whatever the header that carried the
token looked like.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import ROUND_UP, Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.single_use import digest
from api.models import AssistantSession, Token
from api.spending import Charge, spent_after, spent_in_session
from core.db import clock

if TYPE_CHECKING:
    from django.http import HttpRequest

# Key of the ASGI scope under which a caller within this process passes a Charge. Requests from
# outside cannot set it.
CHARGE = "vitrine.charge"
_UNIT = Decimal("0.00000001")  # as the column stores it


@contextmanager
def charged(request: HttpRequest, token: Token) -> Iterator[None]:
    """Charge a call by an assistant, in the transaction of what it starts; raises CapExceeded.

    A failure within the block takes the charge back.
    """
    charge = request.META.get("asgi.scope", {}).get(CHARGE)
    if charge is None or request.method != "POST":
        yield
        return
    with transaction.atomic():
        _charge(token, charge)
        yield


def _charge(token: Token, charge: Charge) -> None:
    """Count a charge; the session's row stays locked until the end of the transaction."""
    now = clock.now()
    session, _ = AssistantSession.objects.select_for_update().get_or_create(
        token=token, defaults={"paid_at": now}
    )
    spent = spent_after(charge, session.spent, session.paid_at, now)
    session.spent, session.paid_at = spent.quantize(_UNIT, ROUND_UP), now
    session.save(update_fields=["spent", "paid_at"])


def left_of(secret: str, cap: Decimal) -> Decimal:
    """Return what the session of the token `secret` may still spend."""
    session = AssistantSession.objects.filter(token__digest=digest(secret)).first()
    if session is None:
        return cap
    return cap - spent_in_session(session.spent, session.paid_at, clock.now())
