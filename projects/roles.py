"""The rights of members by role, and the sentences of refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from accounts import roles as house_roles
from projects.models import Membership, Project
from projects.models.in_project import MAKERS

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


Role = Membership.Role
# What each role may do, as pages describe it.
MEANINGS = {
    Role.VIEWER: "looks at everything, votes and comments",
    Role.MAKER: "runs models, and changes what lives in the project",
    Role.MANAGER: "chooses members and settings, and can delete everybody's work",
}


def role_in(project: Project, user: User | AnonymousUser) -> str:
    """Return the user's role in the project; empty if they are not a member."""
    if project.person_id is not None:
        return Role.MANAGER if project.person_id == user.pk else ""
    memberships = Membership.objects.filter(project=project, user_id=user.pk or 0)
    return memberships.values_list("role", flat=True).first() or ""


def refusal_to_make(user: User | AnonymousUser, project: Project, role: str | None = None) -> str:
    """Return why the user may not begin anything in the project; empty if they may.

    It names whom to ask, if somebody can help. `role` is the user's role, if the caller knows it.
    """
    if project.archived_at is not None:
        return (
            f"The project “{project}” is archived: you can only look at it. {ask(project)} to "
            "bring it back, or choose another project."
        )
    role = role_in(project, user) if role is None else role
    if role in MAKERS:
        return ""
    if role:
        return (
            f"In the project “{project}” you can only look, vote and comment. {ask(project)} to "
            "make you a maker, or choose another project."
        )
    return "You are not a member of the project that this would go to. Choose another one."


def require_maker(user: User, project: Project) -> None:
    """Raise PermissionDenied, saying why and whom to ask, unless the user may begin work here."""
    if refusal := refusal_to_make(user, project):
        raise PermissionDenied(refusal)


def may_manage(user: User | AnonymousUser, project: Project) -> bool:
    """Return whether the user manages the project."""
    return role_in(project, user) == Role.MANAGER


def require_manager(user: User | AnonymousUser, project: Project) -> None:
    """Raise PermissionDenied, saying whom to ask, unless the user manages the project."""
    if not may_manage(user, project):
        raise PermissionDenied(f"Only its managers may change a project. {ask(project)}.")


def ask(project: Project) -> str:
    """Return "Ask Ada or Ben", with the names of managers; one query."""
    managers = User.objects.filter(
        memberships__project=project, memberships__role=Role.MANAGER, is_active=True
    )
    return house_roles.ask_one_of(managers.order_by("memberships__joined_at", "memberships__pk"))
