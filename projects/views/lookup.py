"""Shared by the views of a project: looks up the project of a URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404

from projects import current

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from projects.models import Project


def of_member(request: HtmxRequest, slug: str) -> Project:
    """Return the user's project with this slug; 404 if they are not a member or it is unknown."""
    try:
        return current.named_project(request.user, slug)
    except current.NotAMember as error:
        raise Http404(str(error)) from error
