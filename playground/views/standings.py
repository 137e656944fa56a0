"""Where curators say what a model's standing is, in place on its page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods
from django_htmx.http import reswap, retarget

from catalog.curation import standing
from catalog.curation.curators import curators_only
from catalog.models import Endpoint
from playground.attendance import readiness
from playground.views.runs import HtmxRequest


@curators_only
@require_http_methods(["GET", "HEAD", "POST"])
def judgement(request: HtmxRequest, endpoint_id: str) -> HttpResponseBase:
    """The form; a POST gives the model its `standing` for a `reason`."""
    found = get_object_or_404(Endpoint, endpoint_id=endpoint_id)
    was = {"standing": found.standing, "reason": found.standing_reason}
    if request.method != "POST":
        return _form(request, found, **was)
    said = {"standing": request.POST.get("standing", ""), "reason": request.POST.get("reason", "")}
    try:
        standing.judge(Endpoint.objects.filter(pk=found.pk), **said, by=request.user)
    except ValueError as error:
        return _form(request, found, error=str(error), **said)
    words = standing.WORDS[said["standing"]]
    if not request.htmx:
        messages.success(request, f"{found.display_name}: {words.lower()}.")
        return redirect(found)
    found = Endpoint.objects.select_related("standing_by").get(pk=found.pk)
    context = {"endpoint": found, "was": was, "words": words, "readiness": readiness()}
    return render(request, "playground/standing/_said.html", context)


def _form(request: HtmxRequest, found: Endpoint, error: str = "", **said: Any) -> HttpResponse:
    context = {"endpoint": found, "standings": standing.WORDS.items(), "error": error, **said}
    template = "playground/standing/_form.html" if request.htmx else "playground/standing.html"
    response = render(request, template, context, status=422 if error else 200)
    return reswap(retarget(response, "#judge-form"), "outerHTML") if error else response
