"""A review as its visitors see it: the page of all items, and each item with its feedback."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.limits.rate_limit import limit
from features.sharing import items
from features.sharing.access import Visit, for_visitors
from features.sharing.kinds.table import kind_of
from features.sharing.views.review.context import item_context, page_context
from features.sharing.views.review.posts import say_all

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.http.htmx import HtmxRequest

NOT_A_REVIEW = "This share has no review."


@limit("review")
@require_http_methods(["GET", "HEAD", "POST"])
@for_visitors
def render_review(request: HtmxRequest, visit: Visit) -> HttpResponse:
    """Show the items; a POST takes picks, a rating and a comment together.

    `pick` is the number of an item and may be repeated; `rating` and `comment` are for `item`,
    without which the comment is on the whole share. `name` is the name of a guest.
    """
    _require_review(visit)
    if request.method == "POST":
        return say_all(request, visit)
    return show(request, visit, {})


def show(request: HtmxRequest, visit: Visit, preview_addresses: Mapping[str, str]) -> HttpResponse:
    """Return the page of all items; `preview_addresses` are the addresses that previews need."""
    share = visit.share
    if share.follows and (keys := kind_of(share).results(share)) is not None:
        items.keep_in_step(share, keys)
    context = {**page_context(request, visit), **preview_addresses}
    return render(request, "features/sharing/review/page.html", context)


@require_safe
@for_visitors
def item(request: HtmxRequest, visit: Visit, number: int) -> HttpResponse:
    """Show one item large, with its versions, its pins and its comments."""
    _require_review(visit)
    return render(
        request, "features/sharing/review/item.html", item_context(request, visit, number)
    )


def _require_review(visit: Visit) -> None:
    if not visit.share.takes_opinions:
        raise Http404(NOT_A_REVIEW)
