"""A selection of results as one ZIP."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from accounts import audit
from accounts.limits.rate_limit import limit
from core.formatting import counted
from core.http.htmx import HtmxRequest
from core.http.streaming import OffThreadStream
from core.refusals import Refused
from library import selection
from library.archives import prepare, stream


@limit("archive")
@require_POST
def archives(request: HtmxRequest) -> HttpResponseBase:
    """Send the posted results (`artifact`, or whole runs as `run`); 422 says what is wrong."""
    try:
        archive = prepare(request.user, selection.posted(request))
    except Refused as error:
        return _refuse(request, str(error))
    files = counted(len(archive.entries), "file")
    audit.record(request.user, "exported", archive.projects, f"{files} as an archive")
    headers = {
        "Content-Disposition": content_disposition_header(True, archive.name) or "",
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return OffThreadStream(stream(archive), content_type="application/zip", headers=headers)


def _refuse(request: HtmxRequest, why: str) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if request.htmx:
        return trigger_client_event(HttpResponse(status=status), "toast", {"text": why})
    return render(request, "library/archive_refused.html", {"why": why}, status=status)
