"""Actions of managers on members, and of members on themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts import permissions
from core.http.parameters import parse_key
from core.http.posts import hidden
from core.http.refusals import refusals_as_messages
from core.resource import Resource
from projects import members
from projects.models import Membership, Project
from projects.views.lookup import of_member

if TYPE_CHECKING:
    from django.http import HttpResponse

    from core.http.htmx import HtmxRequest


@require_POST
def add(request: HtmxRequest, slug: str) -> HttpResponse:
    """Add the posted `user` with the posted `role`."""
    project = of_member(request, slug)
    person = parse_key(hidden(request, "user")) or 0
    with refusals_as_messages(request):
        member = members.add(request.user, project, person, hidden(request, "role"))
        messages.success(request, f"{members.name_of(member.user)} is a member now.")
    return _to_members(project)


@require_POST
def role(request: HtmxRequest, slug: str, user_id: int) -> HttpResponse:
    """Give a member the posted `role`; `shown` is the one that the page showed."""
    project = of_member(request, slug)
    with refusals_as_messages(request):
        sentence = members.change_role(
            request.user, project, user_id, hidden(request, "role"), hidden(request, "shown")
        )
        messages.success(request, sentence)
    return _to_members(project)


@require_POST
def removal(request: HtmxRequest, slug: str, user_id: int) -> HttpResponse:
    """Remove a member, which can be undone for a day; users who remove themselves leave."""
    project = of_member(request, slug)
    with refusals_as_messages(request):
        if user_id == request.user.pk:
            members.leave(request.user, project)
            messages.success(request, f"You have left “{project}”. A manager can add you again.")
            return redirect("projects:projects")
        removed = members.remove(request.user, project, user_id)
        return redirect(MEMBERS.undo_address(project.get_absolute_url(), removed.token()))
    return _to_members(project)


class Members(Resource[Membership]):
    """Restores a removed member. The key is the token that `members.remove` signed, for a day."""

    model, parts, list_route = Membership, (), "projects:projects"
    deletion_message = "They are no longer a member. Their work stays in the project."

    def undo(self, request: HtmxRequest, key: str) -> HttpResponse:
        """Undo a removal, as a manager of the project or who changes all of them."""
        with refusals_as_messages(request):
            removed = members.removal_of(key)
            own_projects = Project.objects.with_member(request.user)
            is_seen = own_projects.filter(pk=removed.project_id).exists()
            if not is_seen and not permissions.may(request.user, permissions.CHANGE_PROJECT):
                raise Http404
            member = members.restore(request.user, removed)
            name = members.name_of(member.user)
            messages.success(request, f"{name} is a member of “{member.project}” again.")
            if not is_seen:
                return redirect("people:person", removed.user_id)
            return _to_members(member.project)
        return redirect(self.list_route)


MEMBERS = Members()


def _to_members(project: Project) -> HttpResponse:
    return redirect(f"{project.get_absolute_url()}#members")
