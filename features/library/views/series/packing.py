"""Fills a field that takes a ZIP: the dialog that offers series and files, and the packing."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.limits.rate_limit import limit
from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.formatting import counted
from core.http.caching import no_store
from core.http.parameters import parse_uuid
from core.http.posts import hidden
from features.library import packing as packages
from features.library import selection
from features.library.packing import Wanted
from features.library.selection import ResultKey
from features.library.series import items
from features.library.views import picker
from features.library.views.series.series import SERIES
from playground.form.prefill.use_as import UPLOAD
from projects import current, roles
from runs.models import Run
from schemas.uses.archives import Rules, rules_at

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


@limit("archive")
@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def packing(request: HtmxRequest, endpoint_id: str) -> HttpResponseBase:
    """Offer what can fill the model's `?field=`; a POST packs `series`, or each `artifact`."""
    endpoint = get_object_or_404(Endpoint, endpoint_id=endpoint_id)
    rules = rules_at(version_of(endpoint).root, request.GET.get("field", ""), endpoint_id)
    if rules is None:
        raise Http404("This model has no such field for a ZIP.")
    if request.method == "POST":
        return _pack(request, endpoint, rules)
    return _offer(request, rules)


def _offer(request: HtmxRequest, rules: Rules) -> HttpResponse:
    source = picker.source_of(request, picker.SERIES)
    why_not = "" if source == picker.UPLOADS else packages.refusal_of_layout(rules)
    context = {"kind": "archive", "rules": rules, "why_not": why_not, "source": source}
    if not why_not:
        kind = "archive" if source == picker.UPLOADS else rules.kinds
        context |= picker.offer(request, source, kind)
    return render(request, "playground/media/picker.html", context)


def _pack(request: HtmxRequest, endpoint: Endpoint, rules: Rules) -> HttpResponseBase:
    """Answer scripts with the upload as JSON, and others with the model's form filled in."""
    project = current.current(request)
    is_script = request.get_preferred_type(["text/html", "application/json"]) != "text/html"
    why, status = roles.refusal_to_make(request.user, project), HTTPStatus.FORBIDDEN
    try:
        if not why:
            name, wanted = _chosen(request)
            upload, report = packages.pack(request.user, project, wanted, rules, name)
    except ValueError as refusal:
        why, status = str(refusal), HTTPStatus.UNPROCESSABLE_ENTITY
    if why and is_script:
        return JsonResponse({"error": why}, status=status)
    if why:
        messages.error(request, why)
        return SERIES.render_list(request, status)
    if is_script:
        values = {"url": upload.get_absolute_url(), "name": upload.file_name}
        return JsonResponse({**values, "size_bytes": upload.size_bytes, "report": report})
    messages.success(request, report)
    query = {current.PARAMETER: project.key, "use": f"{upload.pk}/{UPLOAD}/{rules.path}"}
    return redirect(f"{endpoint.get_absolute_url()}?{urlencode(query)}")


def _chosen(request: HtmxRequest) -> tuple[str, list[Wanted]]:
    """Return a name, and the contents of the posted series, or the posted results and uploads.

    Raises Http404 if any is in another project, and Refused if none is posted.
    """
    if pk := hidden(request, "series"):
        series = get_object_or_404(picker.in_project(request), pk=parse_uuid(pk))
        return series.name, [
            Wanted(
                ResultKey(item.run_id, item.position) if item.run_id else None,
                item.upload_id,
                item.file_name,
                item.caption,
            )
            for item in items.items_of(series).filter(is_expected=False)
        ]
    runs = Run.objects.kept().in_project(current.current(request), request.user)
    posted = selection.posted(request)
    chosen = selection.choose(posted, runs)
    if chosen.out_of_reach:
        raise Http404("Not all of these results are in the project.")
    wanted = [*map(Wanted, chosen.results), *(Wanted(upload=key) for key in posted.uploads)]
    return counted(len(wanted), "file"), wanted
