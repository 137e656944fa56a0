"""Actions of managers on members, and of members on themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from core.http.parameters import parse_key
from core.http.posts import hidden
from core.http.refusals import refusals_as_messages
from projects import members
from projects.views.own import of_member

if TYPE_CHECKING:
    from django.http import HttpResponse

    from core.http.htmx import HtmxRequest
    from projects.models import Project


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
        return redirect(f"{project.get_absolute_url()}?{urlencode({'removed': removed.token()})}")
    return _to_members(project)


@require_POST
def recovery(request: HtmxRequest, slug: str) -> HttpResponse:
    """Undo the removal of the posted `removed`."""
    project = of_member(request, slug)
    with refusals_as_messages(request):
        member = members.restore(request.user, project, hidden(request, "removed"))
        messages.success(request, f"{members.name_of(member.user)} is a member again.")
    return _to_members(project)


def _to_members(project: Project) -> HttpResponse:
    return redirect(f"{project.get_absolute_url()}#members")
