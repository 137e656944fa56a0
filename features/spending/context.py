"""The context processor of what a budget has left, for the head of every page."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils.functional import SimpleLazyObject

from features.spending.budgets import headroom

if TYPE_CHECKING:
    from django.http import HttpRequest


def left(request: HttpRequest) -> dict[str, Any]:
    """Return `budget_left`, which is read only where a page shows it: fragments ask nothing."""
    return {"budget_left": SimpleLazyObject(partial(headroom.of_request, request))}
