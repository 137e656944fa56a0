"""A user's favourites: the page, starring, and copying those of upstream's account."""

from __future__ import annotations

from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import trigger_client_event

from catalog.curation import account_favourites
from catalog.display.facets import SearchScope
from catalog.models import Endpoint, Favourite
from catalog.search.query import Query
from catalog.views.browse import own_media, search_page
from core.http.conditional import with_etag
from core.http.htmx import HtmxRequest
from core.http.parameters import parse_moment
from core.http.posts import hidden, is_posted
from core.resource import Resource


@require_http_methods(["GET", "HEAD", "POST"])
def favourites(request: HtmxRequest) -> HttpResponseBase:
    """Search within the user's favourites; a POST stars or unstars a model."""
    return _star(request) if request.method == "POST" else _render_favourites(request)


@own_media
@vary_on_headers("HX-Request")
@with_etag
def _render_favourites(request: HtmxRequest) -> HttpResponse:
    place = SearchScope(reverse("catalog:favourites"), "Starred", ("favourite",))
    query = replace(Query.from_params(request.GET), favourite=True)
    context: dict[str, object] = {}
    if request.user.is_staff and not request.htmx:
        context["offered"] = account_favourites.missing(request.user).count()
    return search_page(request, place, query, **context)


def _star(request: HtmxRequest) -> HttpResponse:
    """Star the endpoint `star`, or unstar `unstar`; the response offers undo."""
    starred = is_posted(request, "star")
    endpoint_id = hidden(request, "star" if starred else "unstar")
    endpoint = get_object_or_404(Endpoint.objects.for_cards(), endpoint_id=endpoint_id)
    Favourite.objects.set(request.user.pk, endpoint, starred=starred)
    if not request.htmx:
        return redirect(way_back(request))
    context = {"endpoint": endpoint, "is_starred": starred}
    response = render(request, "catalog/partials/_favourite_toast.html", context)
    event_detail = {"endpoint": endpoint.endpoint_id, "starred": starred}
    return trigger_client_event(response, "favourites:changed", event_detail)


@require_POST
def account(request: HtmxRequest) -> HttpResponseBase:
    """Star what upstream's account has starred; can be undone. Staff only."""
    if not request.user.is_staff:
        raise Http404("Only staff see the account's stars.")
    page = reverse("catalog:favourites")
    since = account_favourites.import_missing(request.user)
    return redirect(STARRED.undo_address(page, since.isoformat()) if since else page)


class Starred(Resource[Favourite]):
    """Undoes `account`: removes the stars that it set. The key is the time when it began."""

    model, parts, list_route = Favourite, (), "catalog:favourites"
    deletion_message = "You have now starred all models that the account has starred."

    def undo(self, request: HtmxRequest, key: str) -> HttpResponseBase:
        if since := parse_moment(key):
            account_favourites.undo_import(request.user, since)
        return redirect(self.list_route)


STARRED = Starred()


def way_back(request: HttpRequest) -> str:
    """Return the page that the user came from, if it is one of ours."""
    before = request.headers.get("Referer", "")
    hosts = {request.get_host()}
    is_ours = url_has_allowed_host_and_scheme(before, hosts, require_https=request.is_secure())
    return before if is_ours else reverse("catalog:front")
