"""The leaderboard of models."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.locks import locks_of
from catalog.model_records import FEWEST_TOLD
from catalog.models import Revision
from core.http.caching import no_store
from core.http.htmx import HtmxRequest
from playground.display import leaderboard as display
from projects import current
from runs.models import Run
from runs.records.model_record import records_of
from schemas.estimate.wording import nobody_pays


@require_safe
@no_store
def leaderboard(request: HtmxRequest) -> HttpResponse:
    """Show what to use for each operation: in the project, or with `?of=house` in the house."""
    project, is_of_house = current.current(request), request.GET.get("of") == "house"
    user, locks = request.user, locks_of(request, Revision.current())
    runs = Run.objects.shown_to(user) if is_of_house else Run.objects.in_project(project, user)
    records = records_of(None if is_of_house else project)
    context = {
        "blocks": display.blocks(records, locks.models, runs, is_free=nobody_pays()),
        "project": project,
        "is_of_house": is_of_house,
        "fewest": FEWEST_TOLD,
    }
    return render(request, "playground/leaderboard.html", context)
