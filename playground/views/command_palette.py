"""Three dialogs: jump to any page, try a run's settings on another model, use a result as input."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.limits.rate_limit import limit
from catalog.locks import Locks, locks_of
from catalog.model_records import records_for
from catalog.models import Revision
from core.http.caching import no_store
from core.http.htmx import HtmxRequest
from playground.display.navigation import command_palette, use_menu
from playground.form.prefill import place_of_run, use_as
from playground.form.prefill.use_as import Result, UsableUpload
from playground.form.restoring import by_content, restore
from projects import current
from projects.rules import gallery
from runs.models import Run, Upload


@limit("search")
@require_safe
@no_store
def jump(request: HtmxRequest) -> HttpResponse:
    """Render the palette's list of places."""
    text = request.GET.get("q", "")
    context = {
        "groups": command_palette.find_places(
            request.user, text, locks_of(request, Revision.current())
        ),
        "q": text,
        "label": "Jump to anything",
    }
    return render(request, "playground/command_palette.html", context)


@limit("search")
@require_safe
@no_store
def elsewhere(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """List the models a run's settings can be tried on: a page, or a dialog with `?dialog`."""
    run = get_object_or_404(Run.objects.visible_to(request.user).with_endpoint(), pk=pk)
    text = request.GET.get("q", "")
    locks = _locks_where_it_opens(request, run)
    context = {
        "run": run,
        "groups": command_palette.models_for_run(run, text, locks),
        "q": text,
        "label": "Try these settings on",
    }
    template = (
        "playground/command_palette.html"
        if "dialog" in request.GET
        else "playground/elsewhere.html"
    )
    return render(request, template, context)


@require_safe
@no_store
def run_uses(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """List the inputs that accept a run's first result."""
    return _uses(request, pk, "")


@require_safe
@no_store
def artifact_uses(request: HtmxRequest, pk: uuid.UUID, position: int) -> HttpResponse:
    """List the inputs that accept one file of a run."""
    return _uses(request, pk, f"a{position}")


@require_safe
@no_store
def text_uses(request: HtmxRequest, pk: uuid.UUID, position: int) -> HttpResponse:
    """List the inputs that accept one text of a run."""
    return _uses(request, pk, f"t{position}")


@require_safe
@no_store
def upload_uses(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """List the inputs that accept an upload, and the runs that have used it."""
    uploaded = use_as.brought(request.user, pk)
    if uploaded is None:
        raise Http404("There is no such upload.")
    locks = gallery.locks_in(current.current(request), Revision.current())
    using = by_content.using(request.user, uploaded.upload).with_artifacts()
    own_context = {
        "upload": uploaded.upload,
        "runs": [restore.choice_of_run(run) for run in using[: restore.MOST]],
        "may_delete": Upload.objects.kept().removable_by(request.user).filter(pk=pk).exists(),
    }
    return _menu(request, uploaded, locks, own_context)


def _uses(request: HtmxRequest, pk: uuid.UUID, key: str) -> HttpResponse:
    """List what a result can be used as: a page, or a dialog with `?dialog`."""
    result = use_as.find(request.user, pk, key)
    if result is None:
        raise Http404("There is no such result.")
    return _menu(request, result, _locks_where_it_opens(request, result.run), {})


def _menu(
    request: HtmxRequest, result: Result | UsableUpload, locks: Locks, extra_context: dict[str, Any]
) -> HttpResponse:
    text, use = request.GET.get("q", ""), request.GET.get("use", "")
    context = extra_context | {
        "result": result,
        "groups": use_menu.menu(result, request.path, text, use, locks, records_for(request)),
        "q": text,
        "use": use,
        "label": f"Use this {result.noun} as…",
    }
    template = (
        "playground/command_palette.html" if "dialog" in request.GET else "playground/uses.html"
    )
    return render(request, template, context)


def _locks_where_it_opens(request: HtmxRequest, run: Run) -> Locks:
    """Return the locks of the project where forms filled in from a run open."""
    project = current.current(request)
    if run.project_id != project.pk:
        project = place_of_run.project_of(request.user, run.pk) or project
    return gallery.locks_in(project, Revision.current())
