"""Runs whose figures differ, the state of upstream's billing, and the balance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.http.parameters import page_of
from features.spending import visibility
from features.spending.bills import balance, differences
from features.spending.models import BillingState

if TYPE_CHECKING:
    from django.http import HttpResponse

    from core.http.htmx import HtmxRequest

PER_PAGE = 50


@require_safe
def index(request: HtmxRequest) -> HttpResponse:
    """List runs whose figures differ; for admins also requests that no run of this Vitrine made."""
    is_admin = visibility.sees_all(request.user)
    state = BillingState.current()
    page = page_of(request, differences.differing(request.user), PER_PAGE)
    context = {
        "page": page,
        "rows": differences.describe(request.user, list(page.object_list)),
        "is_admin": is_admin,
        "state": state,
        "outlook": balance.outlook(state, timezone.now()) if is_admin else None,
        "unknown": differences.unknown_requests() if is_admin and page.number == 1 else [],
        "here": "differences",
    }
    return render(request, "features/spending/differences.html", context)
