"""Decides whose spending a user sees: their own, that of projects they manage, or everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from accounts import permissions
from projects.models import Membership

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


def sees_all(user: User | AnonymousUser) -> bool:
    """Whether the user may see all sums and change all budgets."""
    return permissions.may(user, permissions.CHANGE_BUDGETS)


def of_user(user: User | AnonymousUser) -> Q:
    """Return the condition for rows with `user` and `project` that the user may see. No query."""
    if sees_all(user):
        return Q()
    managed = Membership.objects.filter(user_id=user.pk or 0, role=Membership.Role.MANAGER)
    return Q(user_id=user.pk or 0) | Q(project__in=managed.values("project"))


@dataclass(frozen=True)
class Scope:
    """The spending that a user sees; `projects` are the keys of their memberships."""

    user: User
    sees_all: bool
    managed: frozenset[int]
    projects: frozenset[int]

    @classmethod
    def of_user(cls, user: User) -> Scope:
        """Return a user's scope. One query, and those of their permissions."""
        memberships = dict(Membership.objects.filter(user=user).values_list("project_id", "role"))
        manages = (key for key, role in memberships.items() if role == Membership.Role.MANAGER)
        return cls(user, sees_all(user), frozenset(manages), frozenset(memberships))

    @property
    def condition(self) -> Q:
        """Return the condition on a charge, or a row of sums, as `of_user`."""
        if self.sees_all:
            return Q()
        return Q(user_id=self.user.pk) | Q(project_id__in=self.managed)

    @property
    def description(self) -> str:
        """Return in words whose spending the page shows."""
        if self.sees_all:
            return "Everybody's runs, in all projects."
        if self.is_manager:
            return "Your runs, and everybody's in the projects that you manage."
        return "Your runs, in all projects."

    @property
    def is_manager(self) -> bool:
        """Whether the user manages a project in addition to their private one."""
        return len(self.managed) > 1
