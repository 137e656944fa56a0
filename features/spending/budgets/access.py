"""Decides who sees a budget, who changes it, and who decides on a request for more of it.

People with the permission for budgets see and change all. A project's managers make and change
budgets of their project, but an admin's budget for it binds them. Everybody sees the budgets that
limit themselves: nobody learns of a project without being a member, or what another person spent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db.models import Q

from accounts import roles as house_roles
from core.db.name_order import by_name
from features.spending import visibility
from features.spending.budgets import counting
from features.spending.models import Budget
from projects.models import Membership, Project
from runs.costs.ledger import Scope

if TYPE_CHECKING:
    from django.db.models import QuerySet

Keys = Mapping[Scope, frozenset[int]]
MAY_NOT = "Only people who look after money and the managers of its project can change a budget."
BY_ADMIN = "An admin has set this budget, so only admins can change it."
BESIDE = "You can add a smaller budget of your own."
TOKENS = Budget._meta.get_field("token").remote_field.model  # of an app above this one


def managed_projects(user: User) -> QuerySet[Project]:
    """Return the shared projects for which the user may make budgets."""
    shared = Project.objects.active().filter(person=None)
    if visibility.sees_all(user):
        return shared
    role = Membership.Role.MANAGER
    return shared.filter(memberships__user=user, memberships__role=role)


def managed(user: User) -> QuerySet[Budget]:
    """Return the budgets that the user may change."""
    if visibility.sees_all(user):
        return Budget.objects.all()
    projects = _managerships(user).values("project_id")
    return Budget.objects.filter(
        scope=Budget.Scope.PROJECT, project__in=projects, is_by_admin=False
    )


def _managerships(user: User) -> QuerySet[Membership]:
    """Return the user's memberships as a manager of shared projects, archived ones too."""
    role = Membership.Role.MANAGER
    return Membership.objects.filter(user=user, role=role, project__person=None)


def visible(user: User) -> QuerySet[Budget]:
    """Return the budgets that the user may change, or that limit the user's runs."""
    if visibility.sees_all(user):
        return Budget.objects.all()
    projects = Membership.objects.filter(user=user).values("project_id")
    tokens = TOKENS._default_manager.filter(user=user).values("pk")
    limits = Q(scope__in=[Budget.Scope.HOUSE, Budget.Scope.SESSION])
    limits |= Q(scope=Budget.Scope.PERSON) & (Q(person=None) | Q(person=user))
    limits |= Q(scope=Budget.Scope.PROJECT) & (Q(project=None) | Q(project__in=projects))
    limits |= Q(scope=Budget.Scope.TOKEN) & (Q(token=None) | Q(token__in=tokens))
    return Budget.objects.filter(limits)


def own_keys(user: User) -> Keys:
    """Return the keys of the counters in which the user's own runs may count. Two queries."""
    projects = Membership.objects.filter(user=user).values_list("project_id", flat=True)
    tokens = TOKENS._default_manager.filter(user=user).values_list("pk", flat=True)
    return {
        Scope.HOUSE: frozenset({0}),
        Scope.PERSON: frozenset({user.pk}),
        Scope.PROJECT: frozenset(projects),
        Scope.TOKEN: frozenset(tokens),
    }


def limits(user: User, budget: Budget, key: int) -> bool:
    """Return whether the budget limits the user's runs by the counter of this key."""
    budget_key = counting.named_key(budget)
    if budget.scope == Budget.Scope.SESSION or (budget_key is not None and budget_key != key):
        return False
    return key in own_keys(user)[Scope(budget.scope)]


def may_see(user: User, budget: Budget, key: int) -> bool:
    """Return whether the user may see a budget's spending in the counter of this key."""
    return visibility.sees_all(user) or limits(user, budget, key)


def may_change(user: User, budget: Budget) -> bool:
    """Return whether the user may change the budget."""
    return managed(user).filter(pk=budget.pk).exists()


def refusals_to_change(user: User, budgets: Collection[Budget]) -> dict[int, str]:
    """Return, by budget key, why the user may not change a budget, and whom to ask.

    Empty texts for budgets that the user may change. Three queries at most.
    """
    managed_pks = set(managed(user).values_list("pk", flat=True))
    bound = {
        budget.pk: budget.project_id
        for budget in budgets
        if budget.is_by_admin and budget.project_id is not None and budget.pk not in managed_pks
    }
    refusals = dict.fromkeys((budget.pk for budget in budgets), MAY_NOT)
    if bound:
        managerships = _managerships(user).filter(project__in=bound.values())
        managing = set(managerships.values_list("project_id", flat=True))
        sentence = f"{BY_ADMIN} {house_roles.whom_to_ask()}."
        for pk, project_id in bound.items():
            refusals[pk] = f"{sentence} {BESIDE}" if project_id in managing else sentence
    return refusals | dict.fromkeys(managed_pks & refusals.keys(), "")


def deciders(budget: Budget) -> QuerySet[User]:
    """Return who decides on a request: admins, and managers if they made the budget."""
    able = house_roles.having(house_roles.Role.ADMIN)
    if budget.project_id is not None and not budget.is_by_admin:
        shared = managers([budget.project_id]).filter(project__person=None)
        able |= Q(pk__in=shared.values("user_id"))
    return User.objects.filter(able, is_active=True).order_by(by_name("username"), "pk")


def managers(projects: Collection[int]) -> QuerySet[Membership]:
    """Return the memberships of the managers of these projects."""
    return Membership.objects.filter(project__in=projects, role=Membership.Role.MANAGER)
