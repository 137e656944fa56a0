"""The question whether a measured price is used that is far above the list price."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from accounts import permissions
from features.spending.models import MeasuredPrice
from features.spending.prices import updating

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


@require_POST
def agreement(request: HtmxRequest, pk: int) -> HttpResponse:
    """Let estimates use a measured price far above the list price; only for admins."""
    permissions.require(request.user, permissions.CHANGE_BUDGETS)
    # By the model's own key: for a relation, a number beyond the database's integers is an error.
    row = get_object_or_404(MeasuredPrice.objects.select_related("endpoint"), endpoint__id=pk)
    updating.agree(request.user, row)
    messages.success(request, f"Estimates of {row.endpoint.name} use the measured price now.")
    return redirect("notifications:inbox")
