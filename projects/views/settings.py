"""The pages for managers to change, archive and delete a project."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from core.http.posts import hidden
from core.http.refusals import refusals_as_messages
from projects import roles
from projects import settings as rules
from projects.forms import SettingsForm
from projects.views.lookup import of_member

if TYPE_CHECKING:
    from django.http import HttpResponse

    from core.http.htmx import HtmxRequest


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HtmxRequest, slug: str) -> HttpResponse:
    """Show the settings; a POST saves them."""
    project = of_member(request, slug)
    roles.require_manager(request.user, project)
    form = SettingsForm(project, request.POST if request.method == "POST" else None)
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            version = hidden(request, "~version")
            try:
                with refusals_as_messages(request):
                    project = rules.change(request.user, project, form.values, version)
                    messages.success(request, "The settings are saved.")
                return redirect(project)
            except rules.Outdated as outdated:
                project = outdated.project
                form = SettingsForm(project, request.POST)
                form.is_valid()
                form.add_outdated()
                status = HTTPStatus.CONFLICT
    context = {"this_project": project, "form": form}
    return render(request, "projects/settings.html", context, status=status)


@require_POST
def archiving(request: HtmxRequest, slug: str) -> HttpResponse:
    """Archive the project."""
    project = of_member(request, slug)
    with refusals_as_messages(request):
        rules.archive(request.user, project)
        messages.success(request, f"“{project}” is archived: nothing new can start in it.")
    return redirect(project)


@require_POST
def recovery(request: HtmxRequest, slug: str) -> HttpResponse:
    """Bring an archived project back."""
    project = of_member(request, slug)
    with refusals_as_messages(request):
        rules.bring_back(request.user, project)
        messages.success(request, f"“{project}” is back.")
    return redirect(project)


@require_POST
def deletion(request: HtmxRequest, slug: str) -> HttpResponse:
    """Delete an empty project; otherwise show what it contains."""
    project = of_member(request, slug)
    with refusals_as_messages(request):
        rules.delete(request.user, project)
        messages.success(request, f"“{project}” is deleted.")
        return redirect("projects:projects")
    return redirect(project)
