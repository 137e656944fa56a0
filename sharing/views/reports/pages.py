"""The list of reports, a report, and the form with its maker's own sentences."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from boards.models import Board
from core.http.parameters import page_number, parse_uuid
from projects import current, roles
from sharing.models import Report
from sharing.reports import saving, slides
from sharing.reports.sections import SECTIONS
from sharing.reports.showing import for_members, shown

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

LISTED = 48
no_store = cache_control(private=True, no_store=True)


@require_safe
@no_store
def index(request: HtmxRequest) -> HttpResponse:
    """List the project's reports, or one's own of all projects; with `?board=` those of a board."""
    board = _board(request)
    reports = (
        Report.objects.kept().filter(board=board).readable_by(request.user)
        if board
        else current.listed(Report.objects.kept(), request).readable_by(request.user)
    )
    listed = reports.select_related("board", "user").defer("snapshot", "sentences", "board__plan")
    page = Paginator(listed, LISTED).get_page(page_number(request.GET.get("page", "")))
    context = {
        "page": page,
        "board": board,
        "deleted": parse_uuid(request.GET.get("deleted", "")),
        "all_projects": current.is_of_all_projects(request),
    }
    return render(request, "sharing/reports/index.html", context)


def _board(request: HtmxRequest) -> Board | None:
    key = parse_uuid(request.GET.get("board", ""))
    return Board.objects.kept().open_to(request.user).filter(pk=key).first() if key else None


@require_safe
@no_store
def report(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a report."""
    found = find(request, pk)
    content = shown(found, for_members)
    context = {
        "report": found,
        "shown": content,
        "slides": slides.titles(content),
        "may_change": roles.may_change(request.user, found),
        "may_remove": roles.may_remove(request.user, found) and _is_member(request, found),
    }
    return render(request, "sharing/reports/report.html", context)


def _is_member(request: HtmxRequest, found: Report) -> bool:
    return bool(roles.role_in(found.project, request.user))


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def form(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show the question and the sentences to change; a POST saves them."""
    found = find_changeable(request, pk)
    errors: dict[str, str] = {}
    typed = {"question": found.question, **found.sentences}
    if request.method == "POST":
        typed = request.POST.dict()
        try:
            saving.change(found, typed)
        except saving.Wrong as wrong:
            errors = dict(wrong.errors)
        else:
            return redirect(found)
    context = {
        "report": found,
        "question": (typed.get("question", ""), errors.get("question", "")),
        "fields": [
            (name, label, typed.get(name, ""), errors.get(name, ""))
            for name, label in SECTIONS.items()
        ],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
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
