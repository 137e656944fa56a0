"""Freeze a report, let it follow its board again, delete and restore it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from kept.resource import Resource
from sharing.models import Report
from sharing.reports import saving
from sharing.views.reports.pages import find_changeable

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


class Reports(Resource[Report]):
    """The way out of a report and back; its board is kept, and its page offers the way back."""

    model, parts = Report, ("recovery", "deletion")
    at, list_route = "reports/", "sharing:reports"

    def list_of(self, row: Report) -> str:
        """Return the address of the reports of its board."""
        return reverse("sharing:board-report", args=[row.board_id])


REPORTS = Reports()
