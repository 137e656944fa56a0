"""The list of one's projects, and the page of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.http.htmx import HtmxRequest
from projects import current, roles

if TYPE_CHECKING:
    from django.http import HttpResponse


@require_safe
def index(request: HtmxRequest) -> HttpResponse:
    """List the user's projects, the private one first."""
    return render(request, "projects/projects.html", {})


@require_safe
def project(request: HtmxRequest, slug: str) -> HttpResponse:
    """Show a project: what lives in it, and its members."""
    try:
        shown = current.named_project(request.user, slug)
    except current.NotAMember as error:
        raise Http404(str(error)) from error
    context = {"shown": shown, "role": roles.role_in(shown, request.user)}
    return render(request, "projects/project.html", context)
