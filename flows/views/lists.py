"""The old address of the list, the choice of a first model, and the way out and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog.search import engine
from catalog.search.query import Query
from fal.db_safe import db_safe_text
from flows.models import Flow
from kept.resource import Resource, no_store
from projects import current, roles
from projects.rules import door

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

MODELS = 24


@require_safe
def index(request: HtmxRequest) -> HttpResponse:
    """Lead to the flows in the list of *Compare*, where they are."""
    query = request.GET.copy()
    query["kind"] = "flow"
    return redirect(f"{reverse('boards:boards')}?{query.urlencode()}")


@require_safe
@no_store
def new(request: HtmxRequest) -> HttpResponse:
    """Choose the first model of a new flow."""
    query = db_safe_text(request.GET.get("q", "")).strip()[:200]
    endpoints = engine.top_results(Query().saying(query) if query else Query(), MODELS)
    models = [endpoint for endpoint in endpoints if endpoint.is_runnable and not endpoint.refusal]
    project = current.current(request)
    why_not = roles.refusal_to_make(request.user, project)
    locks = door.locks(project, models)
    context = {"models": models, "asked": query, "why_not": why_not, "locks": locks}
    return render(request, "flows/new.html", context)


class Flows(Resource[Flow]):
    """The way out of a flow and back; its runs stay in the history."""

    model, parts = Flow, ("recovery", "deletion")
    at, list_route = "", "flows:flows"

    def list_of(self, row: Flow) -> str:
        """Return the address of the flows in the list of *Compare*."""
        return f"{reverse('boards:boards')}?kind=flow"


FLOWS = Flows()
