"""The series of a run's results, on the run's page."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from core.http.caching import no_store
from core.http.parameters import parse_key, parse_uuid
from core.http.posts import hidden, is_posted
from core.refusals import Refused
from features.library.models import Series
from features.library.selection import Selection
from features.library.series import display, items
from features.library.series.items import NameForm
from playground.display import wall
from projects import roles
from projects.rights import Rights
from runs.models import Run

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def of_run(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show the series of each result of a run.

    A POST adds the result at `position` to the series `named`, or removes it from the series
    with the key `out`.
    """
    visible_runs = Run.objects.visible_to(request.user).with_endpoint().light()
    run = get_object_or_404(visible_runs.select_related("project").with_artifacts(), pk=pk)
    error = ""
    if request.method == "POST":
        roles.require_maker(request.user, run.project)
        error = _change(request, run)
        if not error and not request.htmx:
            return redirect(run)
    (stack,) = wall.stacks(request.user, [run])
    pieces: dict[int, wall.Piece | None] = {
        piece.artifact.position: piece for piece in stack.pieces
    }
    series = display.of_results(request.user, run)
    context = {
        "run": run,
        "results": [
            (position, piece, series.get(position, []))
            for position, piece in (pieces or {0: None}).items()
        ],
        "may_add": Rights(request.user, run).may_change,
        "error": error,
        "project_key": run.project.key,
    }
    is_part = request.htmx and not request.htmx.boosted
    template = (
        "features/library/series/_of_run.html" if is_part else "features/library/series/of_run.html"
    )
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return render(request, template, context, status=status)


def _change(request: HtmxRequest, run: Run) -> str:
    """Add one result of the run to a series, or remove it, as posted; returns an error."""
    position = parse_key(hidden(request, "position")) or 0
    try:
        if is_posted(request, "out"):
            pk = parse_uuid(hidden(request, "out"))
            if pk and (
                series := Series.objects.taking_results_of(request.user).filter(pk=pk).first()
            ):
                of_result = items.items_of(series).filter(run=run.pk, position=position)
                items.remove(series, list(of_result.values_list("pk", flat=True)))
            return ""
        series = items.find_or_create(request.user, run.project, NameForm(request.POST))
        added_results = items.add(request.user, series, Selection({run.pk: {position}}))
    except Refused as refusal:
        return str(refusal)
    return "" if added_results.results else "The run has no such result."
