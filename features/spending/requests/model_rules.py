"""Who decides on requests for a model that a rule locks.

A request belongs to a list of rules: those of a project, or of the house (None). The exception is
made in the same list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db.models import Q

from accounts import permissions
from accounts import roles as house_roles
from core.db.name_order import by_name
from projects.models import Membership

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from projects.models import Project


def deciders(project: Project | None) -> QuerySet[User]:
    """Return who decides: the project's managers, or the admins for a rule of the house."""
    able = house_roles.having(house_roles.Role.ADMIN)
    if project is not None:
        role = Membership.Role.MANAGER
        able = Q(memberships__project=project, memberships__role=role)
    return User.objects.filter(able, is_active=True).order_by(by_name("username"), "pk")


def decidable_by(user: User) -> Q:
    """Return the condition for requests for models that the user may decide on."""
    role = Membership.Role.MANAGER
    own = Membership.objects.filter(user=user, role=role, project__person=None)
    lists = Q(project__in=own.values("project"))
    if permissions.may(user, permissions.CHANGE_HOUSE_RULES):
        lists |= Q(project=None)
    return Q(endpoint__isnull=False) & lists
