"""What was spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


@require_safe
def spend(request: HtmxRequest) -> HttpResponse:
    """Show what was spent."""
    return redirect("spending:budgets")
