"""The old address of the list, the choice of a first model, and restoring a deleted flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from catalog.search import engine
from catalog.search.query import Query
from core.http.parameters import parse_uuid
from fal.db_safe import db_safe_text
from flows.models import Flow
from projects import current, roles
from projects.rules import door

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

MODELS = 24
no_store = cache_control(private=True, no_store=True)


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
