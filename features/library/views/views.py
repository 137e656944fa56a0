"""Saves, opens, changes and deletes views of results and of models."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from catalog.curation import query_news
from catalog.display import page_cache
from catalog.display.facets import SearchScope
from catalog.locks import locks_of
from catalog.models import Favourite, Revision
from catalog.views.browse import own_media
from features.library.wall.views import ViewForm
from projects.kept.resource import Resource
from runs.models import View

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


class Views(Resource[View]):
    """Views: the wall lists those of results, the front page those of models."""

    model, form = View, ViewForm
    at, list_route, parts = "views/", "library:runs", ("new", "page", "form", "deletion")
    form_template = "features/library/views/form.html"

    @method_decorator([require_safe, own_media])
    def show_row(self, request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Redirect to the results of a view; for a view of models, show new and other models."""
        view = self.find(request, pk)
        return _models(request, view) if view.is_of_models else redirect(view)

    def form_context(self, request: HtmxRequest, form: ViewForm) -> Mapping[str, Any]:
        """Return the address of the page from which a new view is saved."""
        if not form.is_new:
            return {}
        line = form["line"].value() or ""
        if form.is_of_models:
            return {"back": f"{reverse('catalog:models')}?{line}"}
        return {"back": f"{reverse('library:runs')}?{urlencode({'q': line})}"}

    def announce_save(self, request: HtmxRequest, row: View, form: ViewForm) -> None:
        """Add a message that the view is saved, and for a new one where to find it."""
        place = "the front page says what is new in it" if row.is_of_models else "⌘K finds it"
        hint = f": {place}" if form.is_new else ""
        messages.success(request, f"“{row.name}” is saved{hint}.")

    def list_address(self, request: HtmxRequest, row: View) -> str:
        """Return the address of the page that lists the view."""
        return reverse("catalog:front" if row.is_of_models else self.list_route)


VIEWS = Views()


def _models(request: HtmxRequest, view: View) -> HttpResponse:
    """Render the models of a view; only its owner sees which are new, which are then seen."""
    is_own = view.user_id == request.user.pk
    since = _moment(request.GET.get("since", "")) or view.seen_at or view.created_at
    seen_at = query_news.seen_until()  # before the query: later models are new next time
    starred, query = Favourite.objects.endpoints_of(request.user), query_news.query_of(view.line)
    revision = Revision.current()
    locks = locks_of(request, revision)
    place = SearchScope(reverse("catalog:models"), "Models")
    context = {
        "view": view,
        "since": since,
        "is_own": is_own,
        "news": query_news.news(request.user, view.line, since) if is_own else [],
        "starred": frozenset(starred),
        "region": page_cache.region(revision, place, query, starred, locks),
        "locks": locks,
    }
    if is_own:
        View.objects.filter(pk=view.pk, seen_at__lt=seen_at).update(seen_at=seen_at)
    return render(request, "features/library/views/models.html", context)


def _moment(text: str) -> datetime | None:
    """Parse the time in an address; None if it is invalid."""
    try:
        return datetime.fromtimestamp(float(text), UTC) if text else None
    except (ValueError, OverflowError, OSError):
        return None
