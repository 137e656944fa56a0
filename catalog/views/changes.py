"""The page of the change log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.changelog import queries
from catalog.changelog.queries import Filters
from catalog.models import Endpoint, Favourite, Revision

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


@require_safe
def changes(request: HtmxRequest) -> HttpResponse:
    """Show the changes of the catalogue's models, by day.

    Opening the first page marks them as read.
    """
    filters = Filters.from_query(request.GET)
    starred = Favourite.objects.endpoints_of(request.user) if filters.is_favourite else ()
    page = queries.page_of_changes(filters, starred)
    is_whole = not filters.is_narrow and page.filters.page == 1
    context: dict[str, Any] = {
        "page": page,
        "filters": page.filters,
        "categories": queries.categories(Revision.current()),
        "seen_at": queries.mark_read(request.user) if is_whole else None,
    }
    if filters.model:
        names = Endpoint.objects.only(*Endpoint.NAMED_BY)
        context["model"] = names.filter(endpoint_id=filters.model).first()
    return render(request, "catalog/changes.html", context)
