"""Reports of boards: their list, a report's page, and what is taken away of one."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from boards.access import BoardRights
from boards.models import Board
from boards.views.board import find_changeable as find_board_to_change
from core.file_names import portable_name
from core.http.caching import no_store
from core.http.parameters import parse_uuid
from core.http.posts import is_posted
from kept.resource import Resource
from people.accounts import audit
from projects import roles
from projects.rights import Rights
from sharing.models import Report
from sharing.reports import saving
from sharing.reports.form import ReportForm
from sharing.reports.markdown import as_markdown
from sharing.reports.showing import for_members, shown

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

LISTED = 48
NONE = "This board was deleted."


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def of_board(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show the board's live report, or the list of its reports; a POST begins one."""
    if request.method == "POST":
        return redirect(saving.begin(request.user, find_board_to_change(request, pk)))
    boards = Board.objects.open_to(request.user).select_related("project")
    board = get_object_or_404(boards, pk=pk)
    listed = Report.objects.kept().filter(board=board).readable_by(request.user)
    reports = list(listed.select_related("user").defer("snapshot", "sentences")[:LISTED])
    deleted = parse_uuid(request.GET.get("deleted", ""))
    if board.deleted_at and not (reports or deleted):
        raise Http404(NONE)
    if len(reports) == 1 and not deleted and not reports[0].frozen_at:
        return redirect(reports[0])
    is_followed = any(report.frozen_at is None for report in reports)
    context = {
        "board": board,
        "reports": reports,
        "deleted": deleted,
        "may_begin": not (is_followed or board.deleted_at)
        and BoardRights(request.user, board).may_change,
    }
    return render(request, "sharing/reports/index.html", context)


@require_safe
@no_store
def report(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a report."""
    found = find(request, pk)
    content, rights = shown(found, for_members), Rights(request.user, found)
    context = {
        "report": found,
        "shown": content,
        "may_change": rights.may_change,
        "may_remove": rights.may_remove,
    }
    return render(request, "sharing/reports/report.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def form(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show the question and the sentences to change; a POST saves them."""
    found = find_changeable(request, pk)
    form = ReportForm(found, request.POST if request.method == "POST" else None)
    if form.is_valid():
        form.save()
        return redirect(found)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    context = {"report": found, "form": form}
    return render(request, "sharing/reports/form.html", context, status=status)


def find(request: HtmxRequest, pk: uuid.UUID) -> Report:
    """Return a report that the user may read, with its board; raises Http404."""
    reports = Report.objects.kept().readable_by(request.user)
    return get_object_or_404(reports.select_related("board__project", "project", "user"), pk=pk)


def find_as_member(request: HtmxRequest, pk: uuid.UUID) -> Report:
    """Return a report that the user sees as a member of its project; raises Http404."""
    reports = Report.objects.kept().shown_to(request.user).readable_by(request.user)
    return get_object_or_404(reports.select_related("board__project", "project", "user"), pk=pk)


def find_changeable(request: HtmxRequest, pk: uuid.UUID) -> Report:
    """Return a report of the user's projects; PermissionDenied if they may only look at it."""
    found = find_as_member(request, pk)
    roles.require_maker(request.user, found.project)
    return found


@require_POST
def freezing(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Freeze the report; with `follow=1` let it follow its board again."""
    report = find_changeable(request, pk)
    if is_posted(request, "follow"):
        saving.thaw(request.user, report)
    else:
        saving.freeze(request.user, report)
    return redirect(report)


class Reports(Resource[Report]):
    """The way out of a report and back; its board is kept, and its page offers the way back."""

    model, parts = Report, ("recovery", "deletion")
    at, list_route = "reports/", "boards:boards"

    def list_of(self, row: Report) -> str:
        """Return the address of the reports of its board."""
        return reverse("sharing:board-report", args=[row.board_id])


REPORTS = Reports()


@require_safe
@no_store
def markdown(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Return the report as Markdown."""
    report = find(request, pk)
    text = as_markdown(shown(report, for_members), request.build_absolute_uri)
    audit.record_export(request, [report], "as Markdown")
    headers = {"Content-Disposition": _attachment(report, ".md")}
    return HttpResponse(text, content_type="text/markdown; charset=utf-8", headers=headers)


def _attachment(report: Report, suffix: str) -> str:
    name = portable_name(report.question[:80], suffix, "report")
    return content_disposition_header(True, name) or ""
