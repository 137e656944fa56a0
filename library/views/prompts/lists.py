"""The list of prompts, and the query that its exports share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.limits.rate_limit import limit
from core.http.parameters import page_number, parse_uuid
from library.models import Prompt
from library.prompts import listing, using
from projects import current, roles

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from library.models.prompt import PromptQuerySet

LISTED = 60
no_store = cache_control(private=True, no_store=True)


@limit("search")
@require_safe
@no_store
def index(request: HtmxRequest) -> HttpResponse:
    """List the project's prompts, or one's own of all projects, the last changed first."""
    filters, all_rows = listing.read(request.GET), listed(request)
    rows = listing.chosen(all_rows, filters).select_related("user").prefetch_related("tags")
    page = Paginator(rows, LISTED).get_page(page_number(request.GET.get("page", "")))
    context = {
        "page": page,
        "filters": filters,
        "folders": listing.folders(all_rows, filters),
        "tags": listing.tags(all_rows, filters),
        "endpoint": using.endpoint_named(request.GET.get("for", "")),
        "field": request.GET.get("field", "")[:200],
        "carried": _carried(request),
        "deleted": parse_uuid(request.GET.get("deleted", "")),
        "all_projects": current.is_of_all_projects(request),
        "why_not": roles.refusal_to_make(request.user, current.current(request)),
    }
    return render(request, "library/prompts/index.html", context)


def _carried(request: HtmxRequest) -> str:
    """Return the query that says which model and field a prompt is chosen for."""
    names = [name for name in ("for", "field") if request.GET.get(name)]
    return f"?{urlencode({name: request.GET[name] for name in names})}" if names else ""


def listed(request: HtmxRequest) -> PromptQuerySet:
    """Return the prompts among which a list searches."""
    return current.listed(Prompt.objects.kept(), request)
