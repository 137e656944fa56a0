"""The context processor of the remaining budget, for every page's header."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils.functional import SimpleLazyObject

from features.spending.budgets import headroom

if TYPE_CHECKING:
    from django.http import HttpRequest


def left(request: HttpRequest) -> dict[str, Any]:
    """Return `budget_left`, evaluated only if a page shows it, so that fragments make no query."""
    return {"budget_left": SimpleLazyObject(partial(headroom.of_request, request))}
