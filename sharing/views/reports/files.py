"""What is taken away of a report: Markdown, and slides as pictures."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse, HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts import audit
from boards.export import drawing
from core.file_names import portable_name
from core.http.streaming import OffThreadStream
from sharing.reports import slides
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
def slide(request: HtmxRequest, pk: uuid.UUID, number: int) -> HttpResponseBase:
    """Return one slide as PNG, numbered from 1."""
    report = find(request, pk)
    content = shown(report, for_members)
    if not 1 <= number <= len(slides.titles(content)):
        raise Http404("This report has fewer slides.")
    if busy := drawing.refusal():
        return busy
    audit.record_export(request, [report], f"as slide {number}")
    drawn = drawing.in_turn(partial(slides.draw, content, number))
    headers = {"Content-Disposition": _attachment(report, f"-{number}.png")}
    return OffThreadStream(drawn, content_type="image/png", headers=headers)


@require_safe
@no_store
def all_slides(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Return all slides as PNGs in one ZIP."""
    report = find(request, pk)
    content = shown(report, for_members)
    if busy := drawing.refusal():
        return busy
    audit.record_export(request, [report], "as slides")
    drawn = drawing.in_turn(partial(slides.archive, content))
    headers = {"Content-Disposition": _attachment(report, "-slides.zip")}
    return OffThreadStream(drawn, content_type="application/zip", headers=headers)


def _attachment(report: Report, suffix: str) -> str:
    name = portable_name(report.question[:80], suffix, "report")
    return content_disposition_header(True, name) or ""
