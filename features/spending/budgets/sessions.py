"""The house's limits for an assistant's session; `api/charges.py` has the sessions."""

from __future__ import annotations

from decimal import Decimal

from django.utils import timezone

from core.db import clock
from features.spending.models import Budget


def limit() -> Decimal | None:
    """Return the most that a session may spend; None without such a budget. One query."""
    return _least("limit")


def asks_above() -> Decimal | None:
    """Return the sum above which an assistant has to ask; None without one. One query."""
    return _least("ask_above")


def _least(column: str) -> Decimal | None:
    holding = Budget.objects.holding(timezone.localdate(clock.now()))
    sums = holding.filter(scope=Budget.Scope.SESSION).exclude(**{column: None})
    return sums.order_by(column).values_list(column, flat=True).first()
