"""The page of the audit log, and its download."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import permissions
from accounts.audit import trail
from accounts.audit.entries import json_line
from core.http import downloads
from core.http.htmx import HtmxRequest
from house.audit import filters
from house.audit.words import EVENTS

CHUNK_ROWS = 2000


@never_cache
@require_safe
def log(request: HtmxRequest) -> HttpResponse:
    """Show who did what, newest first; 422 with a message beside an invalid filter."""
    permissions.require(request.user, permissions.VIEW_AUDIT)
    log_filters = filters.Filters(request.GET)
    before = request.GET.get("before", "")
    page = filters.page_of_entries(log_filters.entries(), before, log_filters.search_words)
    context = {
        "filters": log_filters,
        "page": page,
        "earlier": log_filters.page_before(page.earlier) if page.earlier else "",
        "events": EVENTS,
    }
    status = HTTPStatus.OK if log_filters.is_valid() else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "house/audit/log.html", context, status=status)


@never_cache
@require_safe
def download(request: HtmxRequest) -> HttpResponseBase:
    """Download the selected entries, each as a line of JSON; the audit log records the download."""
    permissions.require(request.user, permissions.VIEW_AUDIT)
    log_filters = filters.Filters(request.GET)
    if not log_filters.is_valid():
        return log(request)
    trail.record_export(request, [request.user], f"the audit log: {log_filters.query or 'all'}")
    return downloads.download(_lines(log_filters), "audit.jsonl")


def _lines(log_filters: filters.Filters) -> Iterator[bytes]:
    for entry in log_filters.entries().iterator(chunk_size=CHUNK_ROWS):
        yield f"{json_line(entry)}\n".encode()
