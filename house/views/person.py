"""The list of people, and one person's page for admins with its actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts import permissions, roles
from accounts.audit import trail
from accounts.roles import Role
from accounts.sessions import active_sessions
from core.formatting import counted
from core.http.parameters import page_number, parse_key
from core.http.posts import hidden, is_posted
from core.refusals import Refused
from house import access, listing
from house import person as people
from house.views.guard import needs, person_or_404, refusals_as_messages
from projects import members
from projects.models import Membership, Project
from projects.roles import MEANINGS
from projects.views.members import MEMBERS

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpResponse

    from core.http.htmx import HtmxRequest


@needs(permissions.CHANGE_USER)
@require_safe
def index(request: HtmxRequest) -> HttpResponse:
    """List people, searched by `q` and filtered by role and by active or former."""
    filters = listing.filters_of(request.GET)
    page, entries = listing.page_of(filters, page_number(request.GET.get("page", "")))
    context = {
        "filters": filters,
        "page": page,
        "entries": entries,
        "roles": [(role, role.label, roles.MEANINGS[role]) for role in Role],
        "may_invite": permissions.may(request.user, permissions.ADD_USER),
    }
    return render(request, "house/people.html", context)


@needs(permissions.CHANGE_USER)
@require_safe
def person(request: HtmxRequest, user_id: int) -> HttpResponse:
    """Show a person: role, projects, accesses, spending, and how they joined."""
    target_user = person_or_404(user_id)
    may_change_projects = permissions.may(request.user, permissions.CHANGE_PROJECT)
    context = {
        "person": target_user,
        "name": members.name_of(target_user),
        "overview": people.overview(target_user, request.session.session_key),
        "roles": [(role, role.label, roles.MEANINGS[role]) for role in Role],
        "project_roles": [(role, role.label, MEANINGS[role]) for role in Membership.Role],
        "may_change_projects": may_change_projects,
        "projects": people.projects_to_add(target_user) if may_change_projects else [],
        "is_oneself": target_user.pk == request.user.pk,
    }
    return render(request, "house/person.html", context)


@needs(permissions.CHANGE_USER)
@require_POST
def role(request: HtmxRequest, user_id: int) -> HttpResponse:
    """Give the person the posted `role`; `shown` is the one that the page showed."""
    target_user = person_or_404(user_id)
    with refusals_as_messages(request):
        sentence = people.change_role(
            request.user, target_user, hidden(request, "role"), hidden(request, "shown")
        )
        messages.success(request, sentence)
    return _back(request, target_user, "role")


@needs(permissions.CHANGE_PROJECT)
@require_POST
def projects(request: HtmxRequest, user_id: int) -> HttpResponse:
    """Make the person a member of the posted `project`, with the posted `role`."""
    target_user = person_or_404(user_id)
    with refusals_as_messages(request):
        project = _posted_project(hidden(request, "project"))
        members.add(request.user, project, target_user.pk, hidden(request, "role"))
        messages.success(request, f"{target_user.username} is now a member of “{project}”.")
    return _back(request, target_user, "projects")


@needs(permissions.CHANGE_PROJECT)
@require_POST
def project(request: HtmxRequest, user_id: int, project_id: int) -> HttpResponse:
    """Give the person the posted `role` in a project; `shown` is the one that the page showed."""
    target_user = person_or_404(user_id)
    with refusals_as_messages(request):
        target_project = _project(project_id)
        sentence = members.change_role(
            request.user,
            target_project,
            target_user.pk,
            hidden(request, "role"),
            hidden(request, "shown"),
        )
        messages.success(request, f"In “{target_project}”: {sentence}")
    return _back(request, target_user, "projects")


@needs(permissions.CHANGE_PROJECT)
@require_POST
def removal(request: HtmxRequest, user_id: int, project_id: int) -> HttpResponse:
    """Remove the person from a project, which can be undone for a day."""
    target_user = person_or_404(user_id)
    with refusals_as_messages(request):
        removed = members.remove(request.user, _project(project_id), target_user.pk)
        return redirect(MEMBERS.undo_address(_address(target_user), removed.token()))
    return _back(request, target_user, "projects")


@needs(permissions.CHANGE_USER)
@require_POST
def session_ends(request: HtmxRequest, user_id: int) -> HttpResponse:
    """End the posted `session`, or with `all` every session but the reader's present one."""
    target_user = person_or_404(user_id)
    with refusals_as_messages(request):
        roles.require_may_act_on(target_user, request.user)
        if is_posted(request, "all"):
            is_own = target_user.pk == request.user.pk
            number = active_sessions.end_others(
                target_user, request.session.session_key if is_own else None
            )
        else:
            number = int(
                active_sessions.end(target_user, parse_key(hidden(request, "session")) or 0)
            )
        if number:
            trail.record(
                request.user, "ended sessions of", [target_user], counted(number, "session")
            )
        messages.success(request, f"{counted(number, 'session')} ended.")
    return _back(request, target_user, "sessions")


@needs(permissions.CHANGE_USER)
@require_POST
def second_step_removal(request: HtmxRequest, user_id: int) -> HttpResponse:
    """Take the person's second step away, such as after a lost phone; never the reader's own."""
    target_user = person_or_404(user_id)
    with refusals_as_messages(request):
        roles.require_may_act_on(target_user, request.user)
        if target_user.pk == request.user.pk:
            raise Refused("Change your own second step on your account page.")
        messages.success(request, access.take_second_step(target_user, request.user))
    return _back(request, target_user, "second-step")


def _project(pk: int) -> Project:
    """Return a shared project; 404 also for private ones, whose existence stays secret."""
    project = Project.objects.filter(pk=pk, person=None).first()
    if project is None:
        raise Http404("There is no such project.")
    return project


def _posted_project(key: str | None) -> Project:
    project = Project.objects.filter(pk=parse_key(key) or 0, person=None).first()
    if project is None:
        raise Refused("Choose a project.")
    return project


def _address(target_user: User) -> str:
    return reverse("people:person", args=[target_user.pk])


def _back(request: HtmxRequest, target_user: User, section: str) -> HttpResponse:
    """Redirect to the person's page, or to the front page if the user just lost the right to it."""
    is_lost = (
        target_user.pk == request.user.pk and not roles.admins().filter(pk=target_user.pk).exists()
    )
    return redirect("/" if is_lost else f"{_address(target_user)}#{section}")
