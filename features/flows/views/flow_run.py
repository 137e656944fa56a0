"""The page of a flow's run, and its buttons: try again from a step, stop."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.limits.rate_limit import limit
from core.http.caching import no_store
from core.http.parameters import parse_key
from core.http.posts import pressed
from features.flows.display import rights, run_page
from features.flows.execution import starting
from features.flows.models import Flow, FlowRun
from features.flows.models.flow_run import FlowRunQuerySet
from playground.display import covered_row
from projects.rights import Rights
from runs.start.refused_starts import Forbidden

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


@limit("run")
@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def flow_run(request: HtmxRequest, pk: uuid.UUID, flow_run: uuid.UUID) -> HttpResponseBase:
    """Show a run of a flow; a POST retries from a step, or cancels it."""
    if request.method != "POST":
        if (covered := covered_row.covered(request.user, "flow-run", flow_run)) is not None:
            return covered_row.render_covered(request, "flow-run", covered)
        return _render_flow_run(request, _find(FlowRun.objects.open_to(request.user), pk, flow_run))
    shown_run = _find(FlowRun.objects.shown_to(request.user), pk, flow_run)
    verb, target = pressed(request)
    try:
        if verb == "again":
            step, _, tries = target.rpartition(":")
            starting.try_again(shown_run, step, parse_key(tries), request.user)
        elif verb == "cancel":
            Rights(request.user, shown_run).require_removal()
            by = "" if shown_run.user == request.user else request.user.get_username()
            starting.cancel(shown_run, by)
    except Forbidden:
        raise
    except starting.StepsRefused as refusal:
        return _render_flow_run(request, shown_run, str(refusal), HTTPStatus.UNPROCESSABLE_ENTITY)
    return redirect(shown_run)


def _find(flow_runs: FlowRunQuerySet, flow: uuid.UUID, pk: uuid.UUID) -> FlowRun:
    flow_runs = flow_runs.kept().select_related("flow", "user", "project")
    return get_object_or_404(flow_runs, pk=pk, flow_id=flow)


def _render_flow_run(
    request: HtmxRequest, flow_run: FlowRun, trouble: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    view = rights.view_for(request.user, flow_run)
    context = run_page.context(flow_run, view) | {"trouble": trouble}
    context["sees_flow"] = _sees(request, flow_run)
    context["may_name"] = Rights(request.user, flow_run.flow).may_change
    return render(request, "features/flows/flow_run.html", context, status=status)


def _sees(request: HtmxRequest, flow_run: FlowRun) -> bool:
    """Return True if the user also sees the flow; no query if it is in the same project."""
    flow = flow_run.flow
    if flow.project_id == flow_run.project_id and not flow.is_hidden:
        return True
    return Flow.objects.readable_by(request.user).filter(pk=flow.pk).exists()
