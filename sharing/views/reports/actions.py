"""Freeze a report, let it follow its board again, delete and restore it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from core.http.parameters import parse_uuid
from projects import roles
from sharing.reports import saving
from sharing.views.reports.pages import find_as_member, find_changeable

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


@require_POST
def freezing(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Freeze the report; with `follow=1` let it follow its board again."""
    report = find_changeable(request, pk)
    if "follow" in request.POST:
        saving.thaw(request.user, report)
    else:
        saving.freeze(request.user, report)
    return redirect(report)


@require_POST
def deletion(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Delete the report, as its user or a manager; its board's page offers to undo it."""
    report = find_as_member(request, pk)
    roles.require_for(request.user, report)
    saving.delete(request.user, report)
    address = reverse("sharing:board-report", args=[report.board_id])
    return redirect(f"{address}?deleted={report.pk}")


@require_POST
def recovery(request: HtmxRequest) -> HttpResponse:
    """Restore a deleted report, as its user or a manager of its project."""
    if (pk := parse_uuid(request.POST.get("report", ""))) is None:
        return redirect("boards:boards")
    if saving.restore(request.user, pk):
        messages.success(request, "The report was restored.")
    return redirect("sharing:report", pk)
