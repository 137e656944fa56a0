"""The page of results that are like a result."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from core.http.htmx import HtmxRequest
from library.likeness import alike
from projects import current
from runs.models import Run
from runs.results import likeness


@require_safe
@cache_control(private=True, no_store=True)
def like(request: HtmxRequest, pk: uuid.UUID, position: int) -> HttpResponse:
    """Show the results of the project that are like one result; or one's own of all projects."""
    readable = Run.objects.readable_by(request.user).with_endpoint().light()
    run = get_object_or_404(readable, pk=pk)
    artifact = get_object_or_404(run.artifacts, position=position)
    context = {
        "run": run,
        "result": artifact,
        "alike": alike(artifact, current.listed(Run.objects.kept(), request)),
        "most_compared": likeness.MOST_COMPARED,
        "all_projects": current.is_of_all_projects(request),
    }
    return render(request, "library/like.html", context)
