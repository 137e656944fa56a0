"""The page about what uses a model: its deputy, what would change, and the press that moves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts import permissions
from catalog.model_records import records_for
from catalog.models import Endpoint
from core.http.caching import no_store
from core.http.parameters import search_words
from core.http.posts import hidden, ticked
from core.refusals import Refused
from features.retirement import replacing
from projects import current
from projects.rules import enforcement
from runs.deputies import deputy_of, proposals
from runs.models import Run

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from projects.models import Project

MOST_FOUND = 12
MOST_TRIED = 5  # inputs on both models
ONLY = "only"


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def dependants(request: HtmxRequest, endpoint_id: str) -> HttpResponse:
    """Show what uses the model and what `?to=` would change; `?only=` names some of it.

    A POST moves it (`move`), moves it back (`undo`), or names the deputy (`deputy`).
    """
    endpoint = get_object_or_404(Endpoint, endpoint_id=endpoint_id)
    is_post = request.method == "POST"
    named = hidden(request, "to") if is_post else request.GET.get("to", "")
    others = Endpoint.objects.exclude(pk=endpoint.pk)
    target = get_object_or_404(others, endpoint_id=named) if named else None
    if is_post:
        return _act(request, endpoint, target)
    project = current.current(request)
    deputy = deputy_of(endpoint, project)
    target = target or deputy
    only, query = request.GET.getlist(ONLY), search_words(request)
    users = replacing.find_with_outcomes(request.user, endpoint, target, only)
    context: dict[str, Any] = {
        "endpoint": endpoint,
        "deputy": deputy,
        "target": target,
        "records": records_for(request),
        "choices": _choices(endpoint, target, project, query),
        "search_text": query,
        "only": only,
        "groups": replacing.by_kind(users),
        "total": len(users),
        "movable": sum(dependant.is_movable and bool(dependant.outcome) for dependant in users),
        "replacement": replacing.undoable(request.user, endpoint),
        "may_name": _may_name(request),
        "tried": _kept_inputs(request, endpoint) if target else (),
        "locked": enforcement.refusal(project, target) if target else "",
    }
    return render(request, "features/retirement/dependants.html", context)


def _may_name(request: HtmxRequest) -> bool:
    return request.user.is_staff and permissions.may(request.user, permissions.CHANGE_ENDPOINT)


def _act(request: HtmxRequest, endpoint: Endpoint, target: Endpoint | None) -> HttpResponse:
    verb, user = hidden(request, "~do"), request.user
    if verb == "undo":
        if replacement := replacing.undoable(user, endpoint):
            messages.success(request, replacing.undo(user, replacement))
    elif verb == "deputy":
        permissions.require(user, permissions.CHANGE_ENDPOINT)
        replacing.name_deputy(endpoint, target, user)
    elif target:
        try:
            moved = replacing.replace(user, endpoint, target, ticked(request, ONLY))
            messages.success(request, f"{len(moved.rows)} moved to {target.name}.")
        except Refused as refusal:
            messages.info(request, str(refusal))
        if _may_name(request) and not ticked(request, ONLY):
            replacing.notify_others(user, endpoint, target)
    return redirect(request.get_full_path() if verb != "deputy" else request.path)


def _choices(
    endpoint: Endpoint, target: Endpoint | None, project: Project, query: str
) -> list[Endpoint]:
    """Return the models that a search finds, else the target and those that are proposed."""
    if not query:
        proposed = [row for row in proposals(endpoint, project) if row != target]
        return [target, *proposed] if target else proposed
    rows = Endpoint.objects.listed().called(query).exclude(pk=endpoint.pk).order_by("position")
    return [row for row in rows[:MOST_FOUND] if not row.refusal_everywhere]


def _kept_inputs(request: HtmxRequest, endpoint: Endpoint) -> list[str]:
    """Return results of the model, the starred first, whose inputs are tried on both models."""
    runs = current.rows_in_scope(Run.objects.kept(), request)
    runs = runs.filter(endpoint=endpoint, state=Run.State.SUCCEEDED)
    newest = runs.order_by("-is_starred", "-created_at").values_list("pk", flat=True)
    return [f"{pk}/0" for pk in newest[:MOST_TRIED]]
