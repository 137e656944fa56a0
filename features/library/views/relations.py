"""The descent of a result: what it was made from, and what was made of it."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from core.http.caching import no_store
from core.http.htmx import HtmxRequest
from features.library import joining
from features.library.descent import lineage_of, nodes_in
from runs.models import Run


@require_safe
@no_store
@vary_on_headers("HX-Request")
def descent(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a run's sources and the results made of it, if the user may read the run."""
    readable = Run.objects.readable_by(request.user).with_endpoint().light()
    run = get_object_or_404(readable.with_artifacts(), pk=pk)
    part = "_descent" if request.htmx else "descent"
    lineage = lineage_of(run, request.user)
    nodes = nodes_in(lineage, run)
    films = joining.films_of(lineage, run)
    context = {
        "run": run,
        "nodes": nodes,
        "is_alone": all(node.is_alone for node in nodes),
        "is_of_several_steps": any(key in lineage.runs for key in lineage.made_of[run.pk]),
        "films": films,
        "join": joining.offer(request, films),
    }
    return render(request, f"features/library/descent/{part}.html", context)
