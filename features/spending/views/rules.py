"""The house's rules about sums."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import permissions
from features.spending import rules as sums
from features.spending.rules import RulesForm

if TYPE_CHECKING:
    from django.http import HttpResponse

    from core.http.htmx import HtmxRequest


@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: HtmxRequest) -> HttpResponse:
    """Show the rules; a POST saves them. Requires the permission for budgets."""
    permissions.require(request.user, permissions.CHANGE_BUDGETS)
    form = RulesForm(request.POST if request.method == "POST" else None)
    status = HTTPStatus.OK
    if request.method == "POST":
        if form.is_valid():
            sums.save(request.user, form)
            messages.success(request, "The rules are saved, and apply from now on.")
            return redirect("spending:rules")
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "features/spending/rules.html", {"form": form}, status=status)
