"""Relations of results: differences of two runs, and descent."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from core.http.caching import no_store
from core.http.htmx import HtmxRequest
from features.library import joining
from features.library.descent import lineage_of, nodes_in
from features.library.differences import choice_of, compare
from runs.models import Run
from runs.results import selections

MOST_NAMED = 50  # runs; more would make the address too long


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def differences(request: HtmxRequest) -> HttpResponseBase:
    """Compare `?run=…&run=…`; show a form without them, with 422 if they are not two runs.

    A POST with selected runs, or with `artifact=<run>/<position>` from the wall, redirects to the
    address of the comparison.
    """
    if request.method == "POST":
        keys = [str(key) for key in selections.posted_runs(request, MOST_NAMED).keys]
        run_query = urlencode({"run": keys}, doseq=True)
        return redirect(f"{reverse('library:differences')}?{run_query}")
    choice = choice_of(request.GET.getlist("run"))
    if choice.keys is None:
        status = HTTPStatus.UNPROCESSABLE_ENTITY if choice.is_wrong else HTTPStatus.OK
        return render(
            request, "features/library/differences/choice.html", {"choice": choice}, status=status
        )
    readable = Run.objects.readable_by(request.user).with_endpoint()
    loaded = readable.light("arguments", "output", "metrics").with_artifacts()
    by_key = loaded.in_bulk(choice.keys)
    if len(by_key) < len(choice.keys):
        raise Http404("No such run.")
    comparison = compare(*(by_key[key] for key in choice.keys))
    context = {"comparison": comparison, "panes": comparison.panes, "kind": comparison.kind}
    return render(request, "features/library/differences/differences.html", context)


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
        "films": films,
        "join": joining.offer(request, films),
    }
    return render(request, f"features/library/descent/{part}.html", context)
