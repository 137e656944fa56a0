"""The dialog that jumps anywhere, and the one that takes a run's settings to another model."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from playground import jumping
from playground.models import Run
from playground.views.runs import HtmxRequest


@require_safe
def jump(request: HtmxRequest) -> HttpResponse:
    """The dialog; its script asks again with `?q=` and takes the list alone."""
    text = request.GET.get("q", "")
    context = {
        "groups": jumping.groups(request.user, text),
        "q": text,
        "label": "Jump to a model, a run, a page",
    }
    return _unkept(render(request, "playground/jump.html", context))


@require_safe
def elsewhere(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """The models on which a run's settings can be tried: a page, or with `?dialog` the dialog."""
    run = get_object_or_404(Run.objects.visible_to(request.user).with_endpoint(), pk=pk)
    text = request.GET.get("q", "")
    context = {
        "run": run,
        "groups": jumping.elsewhere(run, text),
        "q": text,
        "label": "Try these settings on",
    }
    whole = "playground/jump.html" if "dialog" in request.GET else "playground/elsewhere.html"
    return _unkept(render(request, whole, context))


def _unkept(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    return response
