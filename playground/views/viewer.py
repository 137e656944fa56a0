"""The viewer: the dialog that shows results large, and each result as its own page."""

from __future__ import annotations

import re
import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from core.http.caching import no_store
from core.http.htmx import HtmxRequest
from core.http.parameters import parse_uuid
from playground.display import viewer
from playground.display.renderers import ArtifactView
from runs.models import Run
from runs.models.querysets import RunQuerySet
from runs.records import counting

MARKED = re.compile(r"[0-9]{1,6}")


@require_safe
def dialog(request: HtmxRequest) -> HttpResponse:
    """Render the empty dialog; its script inserts one result after the other."""
    return render(request, "playground/viewer/dialog.html")


@require_safe
@no_store
def artifact(request: HtmxRequest, pk: uuid.UUID, position: int) -> HttpResponse:
    """Show one file of a run: a page with links to its neighbours, or a fragment for the dialog."""
    return _result(request, pk, position)


@require_safe
@no_store
def run(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the output of a run without files, such as its text, in the same way."""
    return _result(request, pk)


def _result(request: HtmxRequest, pk: uuid.UUID, position: int | None = None) -> HttpResponse:
    run, marked = get_object_or_404(_readable(request), pk=pk), _marked(request)
    result = viewer.viewed(request.user, run, position, marked)
    if result is None:
        raise Http404("The run has no such file.")
    if request.headers.get("Purpose") != "prefetch":  # of the next result, which may stay unseen
        counting.judge([run.pk])
    template = "_result" if request.htmx else "page"
    response = render(request, f"playground/viewer/{template}.html", {"viewed": result})
    patch_vary_headers(response, ["HX-Request"])
    return response


def _readable(request: HtmxRequest) -> RunQuerySet:
    readable = Run.objects.readable_by(request.user).with_endpoint().select_related("user")
    return readable.light(*viewer.COLUMNS).with_artifacts()


def _marked(request: HtmxRequest) -> ArtifactView | None:
    """Return the file that `?with=<run>/<position>` names, if the user may read it."""
    pk, _, position = request.GET.get("with", "").partition("/")
    key = parse_uuid(pk)
    run = _readable(request).filter(pk=key).first() if key and MARKED.fullmatch(position) else None
    return viewer.file_at(run, int(position)) if run else None
