"""Saves a draft of the form while it is edited."""

from __future__ import annotations

from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from accounts.limits.rate_limit import limit
from catalog.models import Endpoint
from core.http.htmx import HtmxRequest
from playground.form import drafts, form_state, run_costs
from playground.form.form_state import Written
from playground.views.model_page import posted
from projects import current

_COLUMNS = (
    "endpoint_id",
    "schema_id",
    "facts",
    "unit_price_usd",
    "price_unit",
    "measured_price",
    "measured_unit",
    "measured_runs",
    "measured_groups",
    "currency",
    "duration_estimate_min",
)


@limit("draft")
@require_POST
def draft(request: HtmxRequest, endpoint_id: str) -> JsonResponse:
    """Save the tab's draft; returns `{"version", "cost"}`, the cost of running it."""
    endpoint = get_object_or_404(Endpoint.objects.only(*_COLUMNS), endpoint_id=endpoint_id)
    post, tab = posted.form_fields(request), posted.parse_tab(request)
    written = Written(endpoint, post)
    try:
        version = drafts.save(request.user, written, tab)
    except drafts.TooLarge as error:
        return JsonResponse({"error": str(error)}, status=422)
    times = run_costs.times(request.POST.get(run_costs.CONTROL, ""))
    project = current.current(request)
    resolved, named = form_state.with_names(endpoint, written.parsed, request.user, project)
    cost = run_costs.of_form(endpoint, resolved, times, named).as_json()
    return JsonResponse({"version": version, "cost": cost})
