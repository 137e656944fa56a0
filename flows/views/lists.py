"""The list of flows, the choice of a first model, and restoring a deleted flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from catalog.models import Endpoint
from catalog.search import engine
from catalog.search.query import Query
from core.http.parameters import page_number, parse_uuid
from fal.db_safe import db_safe_text
from flows.display.pictures import first_models
from flows.fal_workflows import page as account
from flows.models import Flow, FlowRun
from projects import current, roles
from projects.rules import door

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from flows.models.flow import FlowQuerySet

LISTED = 40
MODELS = 24
no_store = cache_control(private=True, no_store=True)


@require_safe
@no_store
def index(request: HtmxRequest) -> HttpResponse:
    """List the project's flows and those for everybody, last changed first.

    `?q=` searches by name.
    """
    query = db_safe_text(request.GET.get("q", "")).strip()[:200]
    newest = FlowRun.objects.shown_to(request.user).filter(flow=OuterRef("pk"))
    newest = newest.order_by("-created_at")
    flows = _listed(request).select_related("user")
    flows = flows.annotate(last_state=Subquery(newest.values("state")[:1]))
    if query:
        flows = flows.filter(name__icontains=query)
    page = page_number(request.GET.get("page", ""))
    first = (page - 1) * LISTED
    listed = list(flows.order_by("-changed_at", "pk")[first : first + LISTED + 1])
    context: dict[str, Any] = {
        "flows": listed[:LISTED],
        "models": _models_of(listed),
        "asked": query,
        "page": page,
        "more": page + 1 if len(listed) > LISTED else 0,
        "deleted": parse_uuid(request.GET.get("deleted", "")),
        "account": account.listing("", most=account.FEW),
        "all_projects": current.is_of_all_projects(request),
    }
    return render(request, "flows/flows.html", context)


def _models_of(flows: list[Flow]) -> dict[str, Endpoint]:
    """Return the models of the flows' first steps, by id, for their pictures; one query."""
    ids = {name for flow in flows for name in first_models(flow)}
    cards = Endpoint.objects.for_cards().filter(endpoint_id__in=ids)
    return {endpoint.endpoint_id: endpoint for endpoint in cards}


def _listed(request: HtmxRequest) -> FlowQuerySet:
    """Return the flows of the project, and those for everybody; or one's own of all projects."""
    flows = Flow.objects.kept()
    listed = current.listed(flows, request)
    if current.is_of_all_projects(request):
        return listed
    return listed | flows.filter(visibility=Flow.Visibility.TEAM)


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


@require_POST
def recovery(request: HtmxRequest) -> HttpResponse:
    """Restore a deleted flow."""
    pk = parse_uuid(request.POST.get("flow", ""))
    flow = Flow.objects.removable_by(request.user).filter(pk=pk).first() if pk else None
    if flow is None:
        return redirect("flows:flows")
    flow.deleted_at = None
    with transaction.atomic():
        flow.save(update_fields=["deleted_at"])
        audit.record(request.user, "restored", [flow])
    return redirect(flow)
