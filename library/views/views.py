"""Views: saving one from the line of the wall, renaming, changing and deleting it."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.http.parameters import parse_uuid
from fal.db_safe import db_safe_text
from library.models import View
from library.wall import views
from projects import current, roles

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HtmxRequest) -> HttpResponse:
    """Show the form of a new view, with the line in `?line=`; a POST saves it."""
    project = current.current(request)
    if refusal := roles.refusal_to_make(request.user, project):
        return _form(request, "", "", refused=refusal, status=HTTPStatus.FORBIDDEN)
    name, line = _typed(request)
    if request.method != "POST":
        return _form(request, name, line)
    if wrong := views.check(name, line):
        return _form(request, name, line, errors=wrong)
    is_hidden = request.POST.get("used_by") == "me"
    try:
        view = views.create(request.user, project, name, line, is_hidden=is_hidden)
    except views.Refused as refused:
        return _form(request, name, line, errors={"name": str(refused)})
    messages.success(request, f"“{view.name}” is saved: it is above the results, and ⌘K finds it.")
    return redirect(view)


@require_safe
def results(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Go to the results of a view: what ⌘K finds it by."""
    return redirect(_find(request, pk))


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the form of a view; a POST saves its name and line."""
    view = _find(request, pk)
    roles.require_maker(request.user, view.project)
    if request.method != "POST":
        return _form(request, view.name, view.line, view)
    name, line = _typed(request)
    if wrong := views.check(name, line):
        return _form(request, name, line, view, errors=wrong)
    view.name, view.line = name, line
    if view.user_id == request.user.pk and "used_by" in request.POST:
        view.is_hidden = request.POST["used_by"] == "me"
    view.save(update_fields=["name", "line", "is_hidden"])
    messages.success(request, f"“{view.name}” is saved.")
    return redirect(view)


def _find(request: HtmxRequest, pk: uuid.UUID) -> View:
    seen = View.objects.kept().shown_to(request.user).select_related("project", "user")
    return get_object_or_404(seen, pk=pk)


def _typed(request: HtmxRequest) -> tuple[str, str]:
    values = request.POST if request.method == "POST" else request.GET
    name, line = (" ".join(db_safe_text(values.get(key, "")).split()) for key in ("name", "line"))
    return name, line


def _form(
    request: HtmxRequest,
    name: str,
    line: str,
    view: View | None = None,
    *,
    errors: dict[str, str] | None = None,
    refused: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    project = view.project if view else current.current(request)
    wall = f"{reverse('library:runs')}?{urlencode({'q': line})}"
    context = {
        "view": view,
        "name": name,
        "line": line,
        "errors": errors or {},
        "refused": refused,
        "back": view.get_absolute_url() if view else wall,
        "is_hidden": view.is_hidden if view else project.hides_new_runs,
        "may_hide": not project.is_private and (not view or view.user_id == request.user.pk),
        "may_remove": view is not None and roles.may_remove(request.user, view),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if errors else status
    return render(request, "library/wall/view.html", context, status=status)


@require_POST
def deletion(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Delete a view, as its user or a manager; the wall offers to undo it."""
    view = _find(request, pk)
    roles.require_for(request.user, view)
    views.delete(view, request.user)
    return redirect(f"{reverse('library:runs')}?deleted_view={view.pk}")


@require_POST
def recovery(request: HtmxRequest) -> HttpResponse:
    """Restore a deleted view, as its user or a manager of its project."""
    pk = parse_uuid(request.POST.get("view", ""))
    removable = View.objects.removable_by(request.user).exclude(deleted_at=None)
    view = removable.select_related("project").filter(pk=pk).first() if pk else None
    if view is None:
        return redirect("library:runs")
    views.restore(view, request.user)
    messages.success(request, f"“{view.name}” is back.")
    return redirect(view)
