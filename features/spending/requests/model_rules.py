"""Requests for a model that a rule locks: whose rule it is, who decides, and the exception.

A request belongs to a list of rules: those of a project, or of the house (None). The exception is
made in the same list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db.models import Q

from accounts import permissions
from accounts import roles as house_roles
from catalog.filters.facts import Listing
from catalog.models import Endpoint
from core.db.name_order import by_name
from projects.models import Membership, Project, Rule
from projects.rules import editing
from projects.rules.decision import Subject, locking_rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet


def lock(endpoint: Endpoint, rules: Iterable[Rule]) -> Rule | None:
    """Return the rule among `rules` that locks a model; None if they leave it open."""
    columns = Endpoint.objects.values_list(*Listing._fields).get(pk=endpoint.pk)
    return locking_rule(list(rules), Subject(Listing._make(columns)))


def lock_in(project: Project, endpoint: Endpoint) -> Rule | None:
    """Return the rule, of the project or of the house, that locks a model in a project."""
    return lock(endpoint, Rule.objects.holding_in([project]))


def allow(by: User, project: Project | None, endpoint: Endpoint, reason: str) -> None:
    """Make an exception in this list of rules; do nothing if it does not lock the model any more.

    Raises PermissionDenied, and Refused.
    """
    rule = lock(endpoint, Rule.objects.filter(project=project))
    if rule is None:
        return
    if (rule.kind, rule.value) == (Rule.Kind.ID, endpoint.endpoint_id):
        editing.remove(by, rule)
    else:
        terms = editing.Terms(Rule.Effect.ALLOW, Rule.Kind.ID, endpoint.endpoint_id, reason)
        editing.add(by, project, terms)


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
