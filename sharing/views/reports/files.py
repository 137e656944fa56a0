"""What is taken away of a report: Markdown."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts import audit
from core.file_names import portable_name
from sharing.reports.markdown import as_markdown
from sharing.reports.showing import for_members, shown
from sharing.views.reports.pages import find, no_store

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from sharing.models import Report


@require_safe
@no_store
def markdown(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Return the report as Markdown."""
    report = find(request, pk)
    text = as_markdown(shown(report, for_members), request.build_absolute_uri)
    audit.record_export(request, [report], "as Markdown")
    headers = {"Content-Disposition": _attachment(report, ".md")}
    return HttpResponse(text, content_type="text/markdown; charset=utf-8", headers=headers)


@require_safe
@no_store
def slides(request: HtmxRequest, pk: uuid.UUID, number: int = 1) -> HttpResponseBase:
    """Lead from the slides, which were pictures until 2026, to the page, which prints them."""
    return redirect(find(request, pk))


def _attachment(report: Report, suffix: str) -> str:
    name = portable_name(report.question[:80], suffix, "report")
    return content_disposition_header(True, name) or ""
