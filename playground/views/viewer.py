"""The viewer: the dialog that shows results large, and each result as its own page."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from core.http.htmx import HtmxRequest
from playground.display.viewer import viewed
from playground.views.runs import no_store
from runs.models import Run


@require_safe
def dialog(request: HtmxRequest) -> HttpResponse:
    """Render the empty dialog, into which its script puts one result after the other."""
    return render(request, "playground/viewer/dialog.html")


@require_safe
@no_store
def artifact(request: HtmxRequest, pk: uuid.UUID, position: int) -> HttpResponse:
    """Show one file of a run: a page with links to its neighbours, or a fragment for the dialog."""
    return _result(request, pk, position)


@require_safe
@no_store
def run(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show what a run gave in place of files, such as its text, likewise."""
    return _result(request, pk)


def _result(request: HtmxRequest, pk: uuid.UUID, position: int | None = None) -> HttpResponse:
    readable = Run.objects.readable_by(request.user).with_endpoint()
    loaded = readable.select_related("user").light(*viewed.COLUMNS).prefetch_related("artifacts")
    result = viewed.viewed(request.user, get_object_or_404(loaded, pk=pk), position)
    if result is None:
        raise Http404("The run has no such file.")
    template = "_result" if request.htmx else "page"
    response = render(request, f"playground/viewer/{template}.html", {"viewed": result})
    patch_vary_headers(response, ["HX-Request"])
    return response
