"""Finds the settings that made a picture, a run file or a run's page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from accounts.limits.rate_limit import limit
from catalog.models import Endpoint, Revision
from core.http.htmx import HtmxRequest
from core.http.parameters import parse_uuid
from playground.display.navigation import command_palette
from playground.form.foreign import ForeignRecipe
from playground.form.restoring import by_content, choices, restore, run_files
from playground.form.restoring.outcomes import NotFound, Offer, Restored
from playground.views.runs import no_store
from projects import current
from projects.rules import gallery
from runs.files import result_names
from runs.models import Run, Upload
from schemas.exact import dumps

if TYPE_CHECKING:
    pass

TEMPLATE = "playground/restorations.html"
MOST_RUNS = 24  # of an upload


@limit("file")
@require_http_methods(["GET", "HEAD", "POST"])
def restorations(request: HtmxRequest) -> HttpResponseBase:
    """POST `digest` (SHA-256), `address` or `file` to find what made it; GET offers the form.

    `endpoint` is the model on whose page it was dropped. Scripts (`Accept: application/json`) get
    JSON, browsers a redirect to the filled-in form, or to where one is chosen: `?fill=` lists
    recipes, `?upload=` the runs that used an upload.
    """
    if request.method != "POST":
        return render(request, TEMPLATE, _choices(request))
    is_script = "application/json" in request.headers.get("Accept", "")
    try:
        outcome = _restore(request)
    except (NotFound, ValueError) as error:
        if is_script:
            return JsonResponse({"error": str(error)}, status=422)
        return render(request, TEMPLATE, {"error": str(error)}, status=422)
    return JsonResponse(_as_json(outcome)) if is_script else redirect(outcome.address)


def _as_json(outcome: Restored | Offer) -> dict[str, Any]:
    answer: dict[str, Any] = {"address": outcome.address, "words": outcome.words}
    if isinstance(outcome, Offer):
        return answer | {"link": outcome.link, "is_weak": outcome.is_weak}
    return answer | {
        "endpoint_id": outcome.endpoint.endpoint_id,
        "name": outcome.endpoint.name,
        "fill": outcome.fill,
    }


def _restore(request: HtmxRequest) -> Restored | Offer:
    if file := request.FILES.get("file"):
        endpoint_id = request.POST.get("endpoint", "")
        onto = Endpoint.objects.filter(endpoint_id=endpoint_id[:255]).first()
        return restore.by_file(request.user, file, file.size or 0, onto)
    if digest := request.POST.get("digest"):
        return by_content.by_digest(request.user, digest)
    if address := request.POST.get("address"):
        return by_content.by_address(request.user, address)
    raise ValueError("No file arrived. Choose one and try again.")


def _choices(request: HtmxRequest) -> dict[str, Any]:
    """Return what the address lets somebody choose from: recipes, or runs of an upload."""
    context: dict[str, Any] = {"recipes": choices.of(request.user, request.GET.getlist("fill"))}
    pk = parse_uuid(request.GET.get("upload", ""))
    upload = Upload.objects.filter(pk=pk).select_related("project").first() if pk else None
    if upload is not None and upload.is_readable_by(request.user):
        runs = by_content.using(request.user, upload).prefetch_related("artifacts")[:MOST_RUNS]
        context |= {"upload": upload, "recipes": [choices.of_run(run) for run in runs]}
    return context


@limit("search")
@require_safe
@no_store
def models(request: HtmxRequest) -> HttpResponse:
    """List the models that `?recipe=`, of another program, can be tried on; `?q=` finds others."""
    text = request.GET.get("recipe", "")
    recipe = ForeignRecipe.from_text(text)
    q = request.GET.get("q", "")
    locks = gallery.locks_in(current.current(request), Revision.current())
    groups = command_palette.models_for_recipe(q, urlencode({"recipe": text}), locks)
    context = {"recipe": recipe, "text": text, "groups": groups if recipe else [], "q": q}
    return render(request, "playground/restorations/models.html", context)


@require_safe
@no_store
def run_file(request: HtmxRequest, pk: str) -> HttpResponse:
    """Download a run as a file that can be dropped onto a page to restore its settings."""
    runs = Run.objects.visible_to(request.user).with_endpoint()
    run = get_object_or_404(runs, pk=pk)
    text = dumps(run_files.run_file(run))
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    name = result_names.Namer(request.user).of_run(run, ".run.json")
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response
