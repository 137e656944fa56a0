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
from playground.form import drafts, form_state
from playground.form.form_state import ParsedForm
from playground.views.model_page import page


@curators_only(permissions.CHANGE_ENDPOINT)
@require_http_methods(["GET", "HEAD", "POST"])
def judgement(request: HtmxRequest, endpoint_id: str) -> HttpResponseBase:
    """Show the form; a POST sets the model's `standing` with a `reason`."""
    found = get_object_or_404(Endpoint, endpoint_id=endpoint_id)
    was = {"standing": found.standing, "reason": found.standing_reason}
    if request.method != "POST":
        return _form(request, found, **was)
    posted = {
        "standing": request.POST.get("standing", ""),
        "reason": request.POST.get("reason", ""),
    }
    try:
        moderation.set_status(Endpoint.objects.filter(pk=found.pk), **posted, by=request.user)
    except ValueError as error:
        return _form(request, found, error=str(error), **posted)
    words = moderation.WORDS[posted["standing"]]
    if not request.htmx:
        messages.success(request, f"{found.name}: {words.lower()}.")
        return redirect(found)
    found = Endpoint.objects.select_related("standing_by").get(pk=found.pk)
    context = {"was": was, "words": words, **page.run_bar(found, _draft(request, found))}
    return render(request, "playground/standing/_updates.html", context)


def _draft(request: HtmxRequest, found: Endpoint) -> ParsedForm:
    post = drafts.current_state(drafts.find(request.user, found)).post
    return form_state.parse_form_leniently(found, post)


def _form(request: HtmxRequest, found: Endpoint, error: str = "", **posted: Any) -> HttpResponse:
    context = {"endpoint": found, "standings": moderation.WORDS.items(), "error": error, **posted}
    template = "playground/standing/_form.html" if request.htmx else "playground/standing.html"
    response = render(request, template, context, status=422 if error else 200)
    return reswap(retarget(response, "#judge-form"), "outerHTML") if error else response
