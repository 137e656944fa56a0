"""A picture, a run file or a run's address goes in; where its settings are filled in comes out."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from playground.form import restoring
from playground.models import Run
from playground.views.runs import HtmxRequest
from schemas.exact import dumps


@require_http_methods(["GET", "HEAD", "POST"])
def restorations(request: HtmxRequest) -> HttpResponseBase:
    """POST `digest` (SHA-256), `address` or `file`; a script is answered in JSON, a browser by the page."""
    template = "playground/restorations.html"
    if request.method != "POST":
        return render(request, template)
    is_script = "application/json" in request.headers.get("Accept", "")
    try:
        found = _found(request)
    except (restoring.NotFound, ValueError) as error:
        if is_script:
            return JsonResponse({"error": str(error)}, status=422)
        return render(request, template, {"error": str(error)}, status=422)
    if not is_script:
        return redirect(found.address)
    return JsonResponse(
        {
            "endpoint_id": found.endpoint.endpoint_id,
            "name": found.endpoint.display_name,
            "fill": found.fill,
            "address": found.address,
            "words": found.words,
        }
    )


@require_safe
def run_file(request: HtmxRequest, pk: str) -> HttpResponse:
    """A run as a file, to be kept, handed on, and dropped onto a page again."""
    runs = Run.objects.visible_to(request.user).with_endpoint()
    run = get_object_or_404(runs, pk=pk)
    text = dumps(restoring.run_file(run))
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    name = f"{run.endpoint.endpoint_id.replace('/', '-')}-{str(run.pk)[:8]}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _found(request: HtmxRequest) -> restoring.Restored:
    if file := request.FILES.get("file"):
        return restoring.by_file(request.user, file, file.size or 0)
    if digest := request.POST.get("digest"):
        return restoring.by_digest(request.user, digest)
    if address := request.POST.get("address"):
        return restoring.by_address(request.user, address)
    raise ValueError("No file arrived. Choose one and try again.")
