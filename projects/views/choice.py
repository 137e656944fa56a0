"""The menu in the header, in which people choose their project."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from core.http.posts import hidden
from core.resource import UNDO
from projects import current, listing
from projects.views.lookup import of_member

if TYPE_CHECKING:
    from django.http import HttpResponse

    from core.http.htmx import HtmxRequest
    from projects.models import Project

# What a list's address says about one project's list: which, how far down, what was deleted there.
_OF_ONE_LIST = (current.PARAMETER, current.SCOPE, "before", "deleted", UNDO)


@require_safe
@never_cache
def menu(request: HtmxRequest) -> HttpResponse:
    """Return the content of the open menu: the projects that the user may work in."""
    context = {"projects": listing.to_choose(request.user)}
    return render(request, "projects/_menu.html", context)


@require_POST
def choose(request: HtmxRequest, slug: str) -> HttpResponse:
    """Choose this project from now on; redirects back to the page of `next`."""
    project = of_member(request, slug)
    if project.archived_at is not None:
        messages.error(request, f"“{project}” is archived: you can only look at it.")
        return redirect(project)
    current.choose(request.user, project)
    return redirect(_back(hidden(request, "next"), project))


def _back(address: str, project: Project) -> str:
    """Return the URL to which a user who chose a project is redirected.

    It is the page that they came from, without the parameters of the former project's list. From
    the page of another project they get to the page of this one.
    """
    is_ours = url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    if not address.startswith("/") or not is_ours:
        return reverse("projects:projects")
    parts = urlsplit(address)
    try:
        match = resolve(parts.path)
    except Resolver404:
        return reverse("projects:projects")
    if match.namespace == "projects" and "slug" in match.kwargs:
        return project.get_absolute_url()
    query = QueryDict(parts.query, mutable=True)
    for name in _OF_ONE_LIST:
        query.pop(name, None)
    return parts._replace(query=query.urlencode()).geturl()
