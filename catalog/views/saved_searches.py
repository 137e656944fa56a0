"""Pages to save, open, rename, delete and restore searches."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.curation import saved_searches as domain
from catalog.display import page_cache
from catalog.display.facets import SearchScope
from catalog.locks import locks_of
from catalog.models import Favourite, Revision, SavedSearch
from catalog.search.query import Query
from catalog.views.browse import own_media

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HtmxRequest) -> HttpResponseBase:
    """List the user's saved searches; a POST saves `params` under `name`."""
    if request.method == "POST":
        return _save(request)
    context = {"searches": domain.listed(request.user)}
    return render(request, "catalog/saved_searches.html", context)


@require_safe
def new(request: HtmxRequest) -> HttpResponse:
    """Show the form to name and save the query in the URL."""
    query = Query.from_params(request.GET)
    return _form(request, domain.params_of(query), domain.suggested(query))


def _save(request: HtmxRequest) -> HttpResponseBase:
    params, name = request.POST.get("params", ""), request.POST.get("name", "")
    try:
        search = domain.save(request.user, Query.from_address(f"?{params}"), name)
    except ValueError as error:
        return _form(request, params, name, error=str(error))
    if request.htmx:
        return render(request, "catalog/saved/_save_notice.html", {"search": search})
    messages.success(request, f"“{search.name}” is saved. The front page says what is new in it.")
    return redirect(f"{reverse('catalog:models')}?{search.params}")


def _form(request: HtmxRequest, params: str, name: str, error: str = "") -> HttpResponse:
    context = {"params": params, "name": name, "error": error}
    template = "catalog/saved/_form.html" if request.htmx else "catalog/saved_search_new.html"
    return render(request, template, context, status=422 if error else 200)


@require_safe
@own_media
def one(request: HtmxRequest, pk: int) -> HttpResponse:
    """Show a search's new results and all results, and mark them as seen."""
    search = get_object_or_404(_mine(request), pk=pk)
    since = _moment(request.GET.get("since", "")) or search.seen_at
    seen_at = domain.seen_until()  # before the query: later models are new next time
    starred, query = Favourite.objects.endpoints_of(request.user), domain.query_of(search)
    revision = Revision.current()
    locks = locks_of(request, revision)
    place = SearchScope(reverse("catalog:models"), "Models")
    context = {
        "search": search,
        "since": since,
        "news": domain.news(search, since),
        "starred": frozenset(starred),
        "region": page_cache.region(revision, place, query, starred, locks),
        "locks": locks,
    }
    SavedSearch.objects.filter(pk=search.pk, seen_at__lt=seen_at).update(seen_at=seen_at)
    return render(request, "catalog/saved_search.html", context)


@require_POST
def name(request: HtmxRequest, pk: int) -> HttpResponseBase:
    """Rename a search."""
    search = get_object_or_404(_mine(request), pk=pk)
    try:
        domain.rename(search, request.POST.get("name", ""))
    except ValueError as error:
        return _list(request, status=422, wrong=search.pk, error=str(error))
    return _list(request, words=f"It is “{search.name}” now.")


@require_POST
def deletion(request: HtmxRequest, pk: int) -> HttpResponseBase:
    """Delete a search; the response offers to restore it."""
    search = get_object_or_404(_mine(request), pk=pk)
    deleted = search.name
    return _list(request, signed=domain.delete(search), deleted=deleted)


@require_POST
def recovery(request: HtmxRequest) -> HttpResponseBase:
    """Restore a deleted search."""
    back = domain.restore(request.POST.get("search", ""), request.user)
    return _list(request, words=f"“{back.name}” is back." if back else "Nothing to bring back.")


def _list(request: HtmxRequest, status: int = 200, **more: Any) -> HttpResponse:
    context = {"searches": domain.listed(request.user), **more}
    part, whole = "catalog/saved/_list.html", "catalog/saved_searches.html"
    return render(request, part if request.htmx else whole, context, status=status)


def _mine(request: HtmxRequest) -> Any:
    return SavedSearch.objects.filter(user=request.user).select_related("user")


def _moment(text: str) -> datetime | None:
    """Parse the time in a URL; None if it is invalid."""
    try:
        return datetime.fromtimestamp(float(text), UTC) if text else None
    except (ValueError, OverflowError, OSError):
        return None
