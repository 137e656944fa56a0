"""What an assistant's session may spend, by the budgets of all sessions."""

from __future__ import annotations

from decimal import Decimal

from django.utils import timezone

from spending.models import Budget


def session_limit(cap: Decimal) -> Decimal:
    """Return what a session may spend: the smallest of these budgets, at most `cap`. One query."""
    budgets = Budget.objects.holding(timezone.localdate()).filter(scope=Budget.Scope.SESSION)
    return min([cap, *budgets.values_list("limit", flat=True)])
