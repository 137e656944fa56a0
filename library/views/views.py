"""Views of results and of models: listing, saving, opening, changing and deleting them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.curation import query_news
from catalog.display import page_cache
from catalog.display.facets import SearchScope
from catalog.locks import locks_of
from catalog.models import Favourite, Revision
from catalog.search.query import Query
from catalog.views.browse import own_media
from core.http.parameters import parse_uuid
from fal.db_safe import db_safe_text
from library.wall import views
from projects import current, roles
from runs.models import View

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


@require_safe
def index(request: HtmxRequest) -> HttpResponse:
    """List the user's views of models, and the views of results that the wall offers."""
    context = {
        "of_models": views.of_models(request),
        "of_results": views.offered(request),
        "deleted": parse_uuid(request.GET.get("deleted_view", "")),
    }
    return render(request, "library/views/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HtmxRequest) -> HttpResponse:
    """Show the form of a new view, with `of` and `line` from the address; a POST saves it."""
    project = current.current(request)
    if refusal := roles.refusal_to_make(request.user, project):
        return _form(request, "", "", refused=refusal, status=HTTPStatus.FORBIDDEN)
    name, line, of = _typed(request)
    if request.method != "POST":
        if of == View.Of.MODELS:
            name = name or query_news.in_words(query_news.query_of(line))
        return _form(request, name, line, of)
    if wrong := views.check(name, line, of):
        return _form(request, name, line, of, errors=wrong)
    is_hidden = request.POST.get("used_by") == "me"
    try:
        view = views.create(request.user, project, name, line, of, is_hidden=is_hidden)
    except views.Refused as refused:
        return _form(request, name, line, of, errors={"name": str(refused)})
    where = "the front page says what is new in it" if view.is_of_models else "⌘K finds it"
    messages.success(request, f"“{view.name}” is saved: {where}.")
    return redirect(view)


@require_safe
@own_media
def view(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Go to the results of a view; of models show the new and all others, which are seen then."""
    view = _find(request, pk)
    return _models(request, view) if view.is_of_models else redirect(view)


def _models(request: HtmxRequest, view: View) -> HttpResponse:
    """Render the models of a view. What is new is told to its user alone, who has seen it then."""
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
    return render(request, "library/views/models.html", context)


def _moment(text: str) -> datetime | None:
    """Parse the time in an address; None if it is invalid."""
    try:
        return datetime.fromtimestamp(float(text), UTC) if text else None
    except (ValueError, OverflowError, OSError):
        return None


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the form of a view; a POST saves its name and line."""
    view = _find(request, pk)
    roles.require_maker(request.user, view.project)
    if request.method != "POST":
        return _form(request, view.name, view.line, view.of, view)
    name, line, _ = _typed(request)
    line = line or view.line if view.is_of_models else line
    if wrong := views.check(name, line, view.of):
        return _form(request, name, line, view.of, view, errors=wrong)
    view.name, view.line = name, line
    if view.user_id == request.user.pk and "used_by" in request.POST:
        view.is_hidden = request.POST["used_by"] == "me"
    view.save(update_fields=["name", "line", "is_hidden"])
    messages.success(request, f"“{view.name}” is saved.")
    return redirect(view)


def _find(request: HtmxRequest, pk: uuid.UUID) -> View:
    seen = View.objects.kept().shown_to(request.user).select_related("project", "user")
    return get_object_or_404(seen, pk=pk)


def _typed(request: HtmxRequest) -> tuple[str, str, str]:
    """Return the name, the line (of models in its canonical form) and what is narrowed."""
    values = request.POST if request.method == "POST" else request.GET
    name, line = (" ".join(db_safe_text(values.get(key, "")).split()) for key in ("name", "line"))
    if values.get("of") != View.Of.MODELS:
        return name, line, View.Of.RESULTS
    return name, query_news.params_of(Query.from_address(f"?{line}")), View.Of.MODELS


def _form(
    request: HtmxRequest,
    name: str,
    line: str,
    of: str = View.Of.RESULTS,
    view: View | None = None,
    *,
    errors: dict[str, str] | None = None,
    refused: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    project = view.project if view else current.current(request)
    is_of_models = of == View.Of.MODELS
    back = f"{reverse('library:runs')}?{urlencode({'q': line})}"
    if is_of_models:
        back = f"{reverse('catalog:models')}?{line}"
    context = {
        "view": view,
        "name": name,
        "line": line,
        "errors": errors or {},
        "refused": refused,
        "of": of,
        "in_words": query_news.in_words(query_news.query_of(line)) if is_of_models else "",
        "back": view.get_absolute_url() if view else back,
        "is_hidden": view.is_hidden if view else project.hides_new_runs,
        "may_hide": not project.is_private and (not view or view.user_id == request.user.pk),
        "may_remove": view is not None and roles.may_remove(request.user, view),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if errors else status
    return render(request, "library/views/form.html", context, status=status)


@require_POST
def deletion(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Delete a view, as its user or a manager; the next page offers to undo it."""
    view = _find(request, pk)
    roles.require_for(request.user, view)
    views.delete(view, request.user)
    page = reverse("library:views" if view.is_of_models else "library:runs")
    return redirect(f"{page}?deleted_view={view.pk}")


@require_POST
def recovery(request: HtmxRequest) -> HttpResponse:
    """Restore a deleted view, as its user or a manager of its project."""
    pk = parse_uuid(request.POST.get("view", ""))
    removable = View.objects.removable_by(request.user).exclude(deleted_at=None)
    view = removable.select_related("project").filter(pk=pk).first() if pk else None
    if view is None:
        return redirect("library:runs")
    views.restore(view, request.user)
    messages.success(request, f"“{view.name}” is back.")
    return redirect(view)
