"""Finds the settings that made a picture, a run file or a run's page."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from accounts.limits.rate_limit import limit
from core.http.htmx import HtmxRequest
from playground.form.prefill import restore_settings
from playground.views.runs import no_store
from runs.files import result_names
from runs.models import Run
from schemas.exact import dumps


@limit("file")
@require_http_methods(["GET", "HEAD", "POST"])
def restorations(request: HtmxRequest) -> HttpResponseBase:
    """POST `digest` (SHA-256), `address` or `file` to find the run and its settings.

    Scripts (`Accept: application/json`) get JSON, browsers a redirect to the filled-in form.
    """
    template = "playground/restorations.html"
    if request.method != "POST":
        return render(request, template)
    is_script = "application/json" in request.headers.get("Accept", "")
    try:
        restored = _restore(request)
    except (restore_settings.NotFound, ValueError) as error:
        if is_script:
            return JsonResponse({"error": str(error)}, status=422)
        return render(request, template, {"error": str(error)}, status=422)
    return JsonResponse(_as_json(restored)) if is_script else redirect(restored.address)


def _as_json(restored: restore_settings.Restored) -> dict[str, str]:
    return {
        "endpoint_id": restored.endpoint.endpoint_id,
        "name": restored.endpoint.name,
        "fill": restored.fill,
        "address": restored.address,
        "words": restored.words,
    }


@require_safe
@no_store
def run_file(request: HtmxRequest, pk: str) -> HttpResponse:
    """Download a run as a file that can be dropped onto a page to restore its settings."""
    runs = Run.objects.visible_to(request.user).with_endpoint()
    run = get_object_or_404(runs, pk=pk)
    text = dumps(restore_settings.run_file(run))
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    name = result_names.Namer(request.user).of_run(run, ".run.json")
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response


def _restore(request: HtmxRequest) -> restore_settings.Restored:
    if file := request.FILES.get("file"):
        return restore_settings.by_file(request.user, file, file.size or 0)
    if digest := request.POST.get("digest"):
        return restore_settings.by_digest(request.user, digest)
    if address := request.POST.get("address"):
        return restore_settings.by_address(request.user, address)
    raise ValueError("No file arrived. Choose one and try again.")
