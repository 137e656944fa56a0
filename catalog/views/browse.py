"""The pages of the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from csp.decorators import csp_replace
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import push_url, replace_url, trigger_client_event

from accounts.limits.rate_limit import limit
from accounts.permissions import CHANGE_COLLECTION, SYNC, may, require
from catalog.changelog import personal_news, queries
from catalog.display import page_cache
from catalog.display.facets import SearchScope
from catalog.filters.vocabulary import KEEPER, USED
from catalog.locks import locks_of
from catalog.model_records import records_for
from catalog.models import Collection, Endpoint, Favourite, Revision
from catalog.search.query import SORTS, Query
from catalog.sync import pipeline, progress
from core.formatting import category_name
from core.http.conditional import with_etag
from core.http.htmx import HtmxRequest

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def own_media(view: View) -> View:
    """Decorate pages that load media only from us: thumbnails, but no results from upstream."""
    decorate: Callable[[Any], Any] = csp_replace(
        {"img-src": ["'self'", "data:"], "media-src": ["'self'"]}
    )
    decorated: View = decorate(view)
    return decorated


@require_safe
@vary_on_headers("HX-Request")
@with_etag
def front(request: HtmxRequest) -> HttpResponse:
    """Show the front page; as a fragment only its shelves."""
    revision, starred = Revision.current(), Favourite.objects.endpoints_of(request.user)
    context = {
        "progress": progress.current(),
        "revision": revision,
        "shelves": page_cache.front(
            revision, starred, locks_of(request, revision), records_for(request)
        ),
    }
    if not request.htmx:
        context["total"] = page_cache.total(revision)
        context["news"] = queries.unread_counts(request.user)
        context["waiting"] = personal_news.waiting(request.user)[: personal_news.MOST_SHOWN]
    template = "catalog/partials/_shelves.html" if request.htmx else "catalog/front.html"
    return render(request, template, context)


@limit("search")
@require_safe
@own_media
@vary_on_headers("HX-Request")
@with_etag
def models(request: HtmxRequest) -> HttpResponse:
    """Search over all models."""
    place = SearchScope(reverse("catalog:models"), "Models")
    return search_page(request, place, Query.from_params(request.GET))


@require_safe
@own_media
@with_etag
def categories(request: HtmxRequest) -> HttpResponse:
    """List the categories, each with its number of models and a picture."""
    revision = Revision.current()
    context = {
        "outcomes": page_cache.categories(revision),
        "total": page_cache.total(revision),
        "progress": progress.current(),
        "revision": revision,
    }
    return render(request, "catalog/categories.html", context)


@limit("search")
@require_safe
@own_media
@vary_on_headers("HX-Request")
@with_etag
def category(request: HtmxRequest, category: str) -> HttpResponse:
    """Search within a category."""
    address = reverse("catalog:category", args=[category])
    place = SearchScope(address, category_name(category), ("category",))
    if not Endpoint.objects.in_category(category).exists():
        raise Http404(f"There is no model in the category {category}.")
    return search_page(request, place, Query.from_params(request.GET, category=category))


def search_page(
    request: HtmxRequest, place: SearchScope, query: Query, **more: object
) -> HttpResponse:
    """Show search results in a context, or for htmx only the parts that the query changes."""
    revision = Revision.current()
    starred = Favourite.objects.endpoints_of(request.user)
    locks, records = locks_of(request, revision), records_for(request)
    region = page_cache.region(revision, place, query, starred, locks, records)
    has_figures = {KEEPER: bool(records), USED: bool(records.runs)}
    context = {
        "place": place,
        "query": query,
        "region": region,
        "revision": revision,
        "summary": region.said,
        "sorts": [
            (v, word) for v, word in SORTS.items() if has_figures.get(v, True) or query.sort == v
        ],
        "search_help": page_cache.how(place),
        "search_label": f"Search in {place.title}" if place.fixed else "",
        **more,
    }
    if not request.htmx:
        if not revision or not region.total or region.has_gaps:
            context["progress"] = progress.current()
        return render(request, "catalog/models.html", context)
    response = render(request, "catalog/partials/_search_response.html", context)
    if region.canonical == request.htmx.current_url_abs_path:
        return response
    # Letters typed in a row are one entry of the browser's history.
    before = Query.from_address(request.htmx.current_url_abs_path or "")
    is_typing = bool(before.q and query.q) and before.without("q") == query.without("q")
    return (replace_url if is_typing else push_url)(response, region.canonical)


@require_safe
@own_media
@with_etag
def collection(request: HtmxRequest, slug: str) -> HttpResponse:
    """Show a curated collection, in its order; curators see drafts too."""
    collections = (
        Collection.objects.all() if request.user.is_staff else Collection.objects.published()
    )
    current = get_object_or_404(collections.select_related("owner", "cover__picture"), slug=slug)
    items = list(current.items.for_cards())
    revision = Revision.current()
    context = {
        "collection": current,
        "items": items,
        "starred": frozenset(Favourite.objects.endpoints_of(request.user)),
        "locks": locks_of(request, revision),
        "records": records_for(request),
    }
    if may(request.user, CHANGE_COLLECTION):
        context["noting"] = reverse("catalog:collection-words", args=[slug])
        context["retired"] = [item.endpoint for item in items if item.endpoint.retirement]
    return render(request, "catalog/collection.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def sync_progress(request: HtmxRequest) -> HttpResponseBase:
    """Show the progress of the sync; notifies the page when there is more to show.

    A POST of an admin asks for a sync.
    """
    if request.method == "POST":
        require(request.user, SYNC)
        pipeline.request_sync()
        if not request.htmx:
            messages.success(request, "The worker reads the catalogue in a moment.")
            return redirect("catalog:models")
    revision = Revision.current()
    context = {"progress": progress.current(), "revision": revision, "is_news": True}
    response = render(request, "catalog/partials/_sync_progress.html", context)
    if request.GET.get("revision", revision) != revision:
        trigger_client_event(response, "catalogue:changed", {"revision": revision})
    return response
