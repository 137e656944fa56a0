"""What the house lets an assistant's session spend; the sessions themselves are the API's."""

from __future__ import annotations

from decimal import Decimal

from django.utils import timezone

from core.db import clock
from spending.models import Budget


def limit() -> Decimal | None:
    """Return the most that a session may spend; None: no budget says. One query."""
    holding = Budget.objects.holding(timezone.localdate(clock.now()))
    limits = holding.filter(scope=Budget.Scope.SESSION).order_by("limit")
    return limits.values_list("limit", flat=True).first()
