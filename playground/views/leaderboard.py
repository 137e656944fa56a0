"""The leaderboard of models."""

from __future__ import annotations

from collections import Counter

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.display.operations import BY_SLUG
from core.http.caching import no_store
from core.http.htmx import HtmxRequest
from core.http.parameters import page_of
from playground.display.leaderboard import SORTS, entries_of, rank
from projects import current
from runs.records.model_record import records_of
from schemas.estimate.wording import nobody_pays

LISTED = 50


@require_safe
@no_store
def leaderboard(request: HtmxRequest) -> HttpResponse:
    """List the records of the project's models, or with `?of=house` those of the house.

    `category` and `operation` choose models, `sort` is one of `SORTS`.
    """
    sorts = {name: label for name, (label, _) in SORTS.items()}
    if nobody_pays():
        del sorts["price"]
    sort, chosen = request.GET.get("sort", ""), request.GET.get("category", "")
    sort = sort if sort in sorts else next(iter(sorts))
    operation = BY_SLUG.get(request.GET.get("operation", ""))
    project, is_of_house = current.current(request), request.GET.get("of") == "house"
    records = records_of(None if is_of_house else project)
    ranked = rank(records, sort, operation)
    page = page_of(request, [row for row in ranked if chosen in {"", row.category}], LISTED)
    context = {
        "page": page,
        "entries": entries_of(page, records),
        "project": project,
        "is_of_house": is_of_house,
        "sorts": sorts,
        "sort": sort,
        "category": chosen,
        "categories": Counter(row.category for row in ranked).most_common(),
        "operation": operation,
        "operations": BY_SLUG.values(),
    }
    return render(request, "playground/leaderboard.html", context)
