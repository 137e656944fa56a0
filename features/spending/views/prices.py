"""The price list: what models really cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import permissions
from accounts.limits.rate_limit import limit
from core.http.downloads import download
from core.http.parameters import page_of, search_words
from features.spending.models import MeasuredPrice
from features.spending.prices import listing, updating
from features.spending.prices.measuring import FEWEST_RUNS, MOST_DIFFERENCE

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

LISTED = 50


@limit("search")
@require_safe
def prices(request: HtmxRequest) -> HttpResponseBase:
    """List what models cost here: a page, or with `?format=csv` or `json` all of it as a file."""
    words = search_words(request)
    sort = request.GET.get("sort", "")
    is_used = request.GET.get("differs") == "1"
    rows = listing.find_prices(words, is_used=is_used, sort=sort)
    match request.GET.get("format", ""):
        case "csv":
            return download(listing.as_csv(rows), "measured-prices.csv")
        case "json":
            items = [listing.as_json(row) for row in rows]
            return download({"items": items}, "measured-prices.json")
    page = page_of(request, rows, LISTED)
    context = {
        "page": page,
        "prices": [listing.ListedPrice(row) for row in page.object_list],
        "search_text": words,
        "sort": sort if sort in listing.SORTS else "",
        "sorts": listing.SORTS,
        "differs": is_used,
        "is_filtered": bool(words or is_used),
        "fewest": FEWEST_RUNS,
        "percent": MOST_DIFFERENCE * 100,
        "may_agree": permissions.may(request.user, permissions.CHANGE_BUDGETS),
    }
    return render(request, "features/spending/prices/index.html", context)


@require_POST
def agree(request: HtmxRequest, pk: int) -> HttpResponse:
    """Let estimates use a measured price far above the list price; only for admins."""
    permissions.require(request.user, permissions.CHANGE_BUDGETS)
    # By the model's own key: for a relation, a number beyond the database's integers is an error.
    row = get_object_or_404(MeasuredPrice.objects.select_related("endpoint"), endpoint__id=pk)
    updating.agree(request.user, row)
    messages.success(request, f"Estimates of {row.endpoint.name} use the measured price now.")
    return redirect("prices:prices")
