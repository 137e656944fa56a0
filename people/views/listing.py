"""The list of people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import permissions, roles
from accounts.roles import Role
from core.http.parameters import page_number
from people import listing
from people.views.guard import needs

if TYPE_CHECKING:
    from django.http import HttpResponse

    from core.http.htmx import HtmxRequest


@needs(permissions.CHANGE_USER)
@require_safe
def index(request: HtmxRequest) -> HttpResponse:
    """List people: search by `q`, with filters by role and by whether they are still here."""
    filters = listing.filters_of(request.GET)
    page, entries = listing.page_of(filters, page_number(request.GET.get("page", "")))
    context = {
        "filters": filters,
        "page": page,
        "entries": entries,
        "roles": [(role, role.label, roles.MEANINGS[role]) for role in Role],
        "may_invite": permissions.may(request.user, permissions.ADD_USER),
    }
    return render(request, "people/people.html", context)
