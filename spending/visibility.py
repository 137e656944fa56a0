"""Whose charges somebody may see: one's own, a manager's projects', for admins all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from people.accounts import permissions
from projects.models import Membership

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


def sees_all(user: User | AnonymousUser) -> bool:
    """Whether the user looks after the money of the house."""
    return permissions.may(user, permissions.CHANGE_BUDGETS)


def of_user(user: User | AnonymousUser) -> Q:
    """Return what rows with `user` and `project` somebody may see. No query of its own."""
    if sees_all(user):
        return Q()
    managed = Membership.objects.filter(user_id=user.pk or 0, role=Membership.Role.MANAGER)
    return Q(user_id=user.pk or 0) | Q(project__in=managed.values("project"))
