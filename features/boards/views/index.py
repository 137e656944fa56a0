"""The list of boards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.http.caching import no_store
from core.http.parameters import parse_moment
from fal.db_safe import db_safe_text
from features.boards.display import listing
from projects import current, roles

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

LISTED = 50


@require_safe
@no_store
def index(request: HtmxRequest) -> HttpResponse:
    """List the boards of the project, or the user's own of all projects; `?q=` searches."""
    search_text = db_safe_text(request.GET.get("q", "")).strip()[:200]
    before = parse_moment(request.GET.get("before", ""))
    boards = listing.listed_boards(request)
    boards = boards.filter(title__icontains=search_text) if search_text else boards
    boards = boards.filter(created_at__lt=before) if before else boards
    rows = list(boards.order_by("-created_at", "pk")[: LISTED + 1])
    context = {
        "entries": listing.entries(request, rows[:LISTED]),
        "more": rows[LISTED - 1].created_at.isoformat() if len(rows) > LISTED else "",
        "search_text": search_text,
        "all_projects": current.is_of_all_projects(request),
        "why_not": roles.refusal_to_make(request.user, current.current(request)),
    }
    return render(request, "features/boards/compared.html", context)
