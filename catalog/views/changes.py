"""The pages of the change log, and its feed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.limits.rate_limit import limit
from catalog.changelog import queries
from catalog.changelog.queries import Filters
from catalog.models import Endpoint, Favourite, Revision
from catalog.views import feeds

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
    address = reverse("catalog:changes-feed-of", args=[feeds.token(request.user)])
    context: dict[str, Any] = {
        "page": page,
        "filters": page.filters,
        "categories": queries.categories(Revision.current()),
        "seen_at": queries.mark_read(request.user) if is_whole else None,
        "feed": request.build_absolute_uri(address + Filters.from_query(request.GET).narrow),
    }
    if filters.model:
        names = Endpoint.objects.only(*Endpoint.NAMED_BY)
        context["model"] = names.filter(endpoint_id=filters.model).first()
    return render(request, "catalog/changes.html", context)


@limit("feed")
@require_safe
def feed(request: Any) -> HttpResponse:
    """Return the feed for the logged-in user."""
    request.reader = request.user
    return feeds.answer(request)


@limit("feed")
@login_not_required  # the URL contains a secret token: a feed reader cannot log in
@require_safe
def personal_feed(request: Any, token: str) -> HttpResponse:
    """Return the feed at a user's personal URL."""
    request.reader = feeds.reader_of(token)
    if request.reader is None:
        raise Http404("There is no feed at this address, or it has a new address.")
    return feeds.answer(request)


@require_POST
def feed_address(request: HtmxRequest) -> HttpResponse:
    """Create another personal feed URL; the previous one becomes invalid."""
    feeds.renew(request.user)
    messages.success(request, "Your feed has a new address. The old one no longer works.")
    return redirect("catalog:changes")
