""" "Move to…": choose a project, see what goes along, move it, and undo that."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.db.name_order import by_name
from core.http.htmx import HtmxRequest
from core.http.posts import is_posted
from core.refusals import Refused
from projects import roles
from projects.models import Move, Project
from projects.models.in_project import MAKERS
from runs.ownership import moving
from runs.results import selections

if TYPE_CHECKING:
    from django.http import HttpResponse, QueryDict

    from runs.promises.keeping import SelectedRows

TARGET = "target"


@require_http_methods(["GET", "HEAD", "POST"])
def moves(request: HtmxRequest) -> HttpResponse:
    """Show where the chosen rows can move and what goes along; move them to a posted target."""
    query = request.POST if request.method == "POST" else request.GET
    try:
        chosen_rows = moving.choose(request.user, _posted(request, query))
    except Refused as error:
        return _form(request, None, str(error), status=404)
    if not is_posted(request, TARGET):  # a link, or the selection of a list
        return _form(request, chosen_rows)
    targets = {target.key: target for target in _targets(request)}
    target = targets.get(query.get(TARGET, ""))
    if target is None:
        return _form(
            request,
            chosen_rows,
            "Choose a project in which you are a maker or manager.",
            status=422,
        )
    try:
        record = moving.move(request.user, chosen_rows, target)
    except Refused as error:
        return _form(request, chosen_rows, str(error), status=422)
    return redirect("playground:move", record.pk)


@require_safe
def move(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show what was moved, with a button that moves it back."""
    record = _record(request, pk)
    return _moved(request, record)


@require_POST
def undoing(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Move back what was moved."""
    record = _record(request, pk)
    try:
        moving.undo(request.user, record)
    except (Refused, PermissionDenied) as error:
        return _moved(request, record, str(error), status=409)
    return redirect("playground:move", record.pk)


def _record(request: HtmxRequest, pk: uuid.UUID) -> Move:
    """Return a move by the user into a project of which they are a member."""
    rows = Move.objects.filter(user=request.user, target__memberships__user=request.user)
    return get_object_or_404(rows.select_related("target"), pk=pk)


def _posted(request: HtmxRequest, query: QueryDict) -> dict[str, list[str]]:
    keys_by_kind = {name: query.getlist(name) for name in moving.kinds()}
    if request.method == "POST":
        selected = selections.posted_runs(request, moving.MOST_CHOSEN)
        if selected.left_out:
            raise Refused(
                f"Choose at most {moving.MOST_CHOSEN} at once: narrow the list, for example by a "
                "date."
            )
        runs = selected.keys
    else:
        runs = selections.run_keys(query)
    return keys_by_kind | {selections.RUN: [str(key) for key in runs]}


def _targets(request: HtmxRequest) -> list[Project]:
    """Return the projects in which the user may make things, the private one first."""
    maker_filter = {"memberships__user": request.user, "memberships__role__in": MAKERS}
    projects = Project.objects.active().filter(**maker_filter).order_by(by_name("name"), "pk")
    return sorted(projects, key=lambda project: not project.is_private)


def _form(
    request: HtmxRequest, selection: SelectedRows | None, trouble: str = "", status: int = 200
) -> HttpResponse:
    planned = moving.plan(request.user, selection) if selection else None
    context: dict[str, Any] = {"planned": planned, "trouble": trouble}
    if selection and planned:
        context["targets"] = [
            (target, moving.blind_makers(planned, target))
            for target in _targets(request)
            if not moving.are_all_in(selection, target)
        ]
        context["fields"] = [
            (name, key) for name, kind in moving.kinds().items() for key in selection.get(kind, ())
        ]
    return render(request, "playground/moves/form.html", context, status=status)


def _moved(
    request: HtmxRequest, record: Move, trouble: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "record": record,
        "counts": moving.counts_of(record),
        "trouble": trouble,
        "may_open": bool(roles.role_in(record.target, request.user)),
        "runs": urlencode({"project": record.target.key}),
    }
    return render(request, "playground/moves/moved.html", context, status=status)
