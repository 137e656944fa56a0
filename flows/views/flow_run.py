"""The page of a flow's run, and its buttons: try again from a step, stop."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from accounts.limits.rate_limit import limit
from flows.display import run_page
from flows.execution import starting
from flows.models import FlowRun

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

no_store = cache_control(private=True, no_store=True)


@limit("run")
@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def flow_run(request: HtmxRequest, pk: uuid.UUID, flow_run: uuid.UUID) -> HttpResponseBase:
    """Show one of the user's own runs of a flow; a POST retries from a step, or cancels it."""
    flow_runs = FlowRun.objects.of(request.user).select_related("flow", "user")
    shown_run = get_object_or_404(flow_runs, pk=flow_run, flow_id=pk)
    if request.method != "POST":
        return _page(request, shown_run)
    verb, _, step = request.POST.get("~do", "").partition(":")
    try:
        if verb == "again":
            starting.try_again(shown_run, step.replace("\x00", ""))
        elif verb == "cancel":
            starting.cancel(shown_run)
    except starting.Refused as refused:
        return _page(request, shown_run, str(refused), HTTPStatus.UNPROCESSABLE_ENTITY)
    return redirect(shown_run)


def _page(
    request: HtmxRequest, flow_run: FlowRun, trouble: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    context = run_page.context(flow_run) | {"trouble": trouble}
    return render(request, "flows/flow_run.html", context, status=status)
