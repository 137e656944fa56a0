"""The list of the user's projects, the page of a project, and the form of a new one."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts import permissions, single_use
from accounts import roles as house_roles
from catalog.models import Revision
from catalog.search.engine import search
from catalog.search.query import Query
from core.http.posts import hidden
from projects import creation, current, listing, members, roles
from projects.forms import ProjectForm
from projects.rules import gallery, preview
from projects.views.lookup import of_member

if TYPE_CHECKING:
    from django.http import HttpResponse

    from catalog.models import Endpoint
    from core.http.htmx import HtmxRequest
    from projects.models import Project

MOST_MODELS = 8  # on the page of a project without results
ONE_PRESS_S = 3600.0  # a form that is posted again within this time creates nothing


@require_safe
def index(request: HtmxRequest) -> HttpResponse:
    """List the user's projects, the private one first, archived ones separately."""
    entries = listing.all_of(request.user)
    context = {
        "active": [entry for entry in entries if entry.project.archived_at is None],
        "archived": [entry for entry in entries if entry.project.archived_at is not None],
    }
    return render(request, "projects/projects.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HtmxRequest) -> HttpResponse:
    """Show the form of a new project; a POST creates and chooses it."""
    if refusal := creation.refusal_to_create(request.user):
        raise PermissionDenied(refusal)
    form = ProjectForm(request.POST or None, initial={"hides_new_runs": "0"})
    status = HTTPStatus.OK
    if request.method == "POST":
        if form.is_valid():
            token = hidden(request, "~token")
            press = f"new project {request.user.pk} {token}"
            if token and not single_use.spend(press, ONE_PRESS_S):
                return redirect("projects:projects")  # a double click
            project = creation.create(request.user, **form.cleaned_data)
            current.choose(request.user, project)
            return redirect(project)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"form": form, "token": secrets.token_urlsafe(18)}
    return render(request, "projects/new.html", context, status=status)


@require_safe
def project(request: HtmxRequest, slug: str) -> HttpResponse:
    """Show the models that a project allows, its newest results, its contents and its members.

    Managers change its members, and invite others if they may invite people to the house.
    """
    member_project = of_member(request, slug)
    role = roles.role_in(member_project, request.user)
    manages = role == roles.Role.MANAGER
    may_invite = permissions.may(request.user, permissions.ADD_USER)
    invites = manages and may_invite and member_project.archived_at is None
    context = {
        "this_project": member_project,
        "role": role,
        "manages": manages,
        "allowed": preview.effects_in(member_project),
        "models": _first_models(member_project),
        "has_results": bool(listing.latest_activity(request.user, [member_project.pk])),
        "invites": invites,
        "whom_to_ask": "" if invites else _whom_to_ask(member_project, manages=manages),
        "refusal": roles.refusal_to_make(request.user, member_project),
        "members": [] if member_project.is_private else members.list_members(member_project),
        "candidates": members.candidates(member_project)
        if manages and not member_project.is_private
        else [],
        "roles": [(choice, choice.label, roles.MEANINGS[choice]) for choice in roles.Role],
        "project_roles": roles.Role.choices,
        "project_query": current.query(member_project),
    }
    return render(request, "projects/project.html", context)


def _first_models(member_project: Project) -> list[Endpoint]:
    """Return a few models that may run in a project, the first of the gallery."""
    locks = gallery.locks_in(member_project, Revision.current())
    found = search(Query(is_gallery=True), locked=locks.models).endpoints
    return found[:MOST_MODELS]


def _whom_to_ask(member_project: Project, *, manages: bool) -> str:
    if member_project.is_private:
        return ""
    if manages:
        return f"{house_roles.whom_to_ask()} to invite somebody who has no account here."
    return f"{roles.ask(member_project)} to invite somebody."
