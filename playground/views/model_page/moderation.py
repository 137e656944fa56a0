"""The form on a model's page with which curators set the model's standing."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods
from django_htmx.http import reswap, retarget

from accounts import permissions
from catalog.curation import moderation
from catalog.curation.permissions import curators_only
from catalog.models import Endpoint
from core.http.htmx import HtmxRequest


@curators_only(permissions.CHANGE_ENDPOINT)
@require_http_methods(["GET", "HEAD", "POST"])
def judgement(request: HtmxRequest, endpoint_id: str) -> HttpResponseBase:
    """Show the form; a POST sets the model's `standing` with a `reason`."""
    endpoint = get_object_or_404(Endpoint, endpoint_id=endpoint_id)
    was = {"standing": endpoint.standing, "reason": endpoint.standing_reason}
    if request.method != "POST":
        return _form(request, endpoint, **was)
    posted = {
        "standing": request.POST.get("standing", ""),
        "reason": request.POST.get("reason", ""),
    }
    try:
        moderation.set_status(Endpoint.objects.filter(pk=endpoint.pk), **posted, by=request.user)
    except ValueError as error:
        return _form(request, endpoint, error=str(error), **posted)
    label = moderation.WORDS[posted["standing"]]
    if not request.htmx:
        messages.success(request, f"{endpoint.name}: {label.lower()}.")
        return redirect(endpoint)
    endpoint = Endpoint.objects.select_related("standing_by").get(pk=endpoint.pk)
    context = {"endpoint": endpoint, "was": was, "words": label}
    return render(request, "playground/standing/_updates.html", context)


def _form(request: HtmxRequest, endpoint: Endpoint, error: str = "", **posted: Any) -> HttpResponse:
    context = {
        "endpoint": endpoint,
        "standings": moderation.WORDS.items(),
        "error": error,
        **posted,
    }
    template = "playground/standing/_form.html" if request.htmx else "playground/standing.html"
    response = render(request, template, context, status=422 if error else 200)
    return reswap(retarget(response, "#judge-form"), "outerHTML") if error else response
