"""The kinds of notifications about money, and who may still read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import User

from accounts.permissions import CHANGE_BUDGETS
from features.notifications import subjects
from features.notifications.kinds import Kind, register
from features.spending import visibility
from features.spending.bills import balance, high_bills
from features.spending.budgets import access
from features.spending.models import Budget, BudgetRequest, MeasuredPrice
from features.spending.prices import updating
from features.spending.requests import listing, submission
from projects.models import Project

if TYPE_CHECKING:
    from django.db.models import QuerySet

KINDS = (
    Kind(
        high_bills.KIND,
        "High bills",
        "a run of yours has cost far more than estimated; for admins, also runs of others",
    ),
    Kind(
        balance.KIND,
        "Balance",
        "for admins: the fal account's balance lasts less than a week, or two days",
        CHANGE_BUDGETS,
    ),
    Kind(
        updating.KIND,
        "Measured price",
        "for admins: a model seems to cost more than twice its list price",
        CHANGE_BUDGETS,
        asks=True,
    ),
    Kind(
        submission.KIND,
        "Requests for more",
        "somebody asks for more than a budget has left, or your request was answered",
        asks=True,
    ),
    Kind(
        submission.MODEL_KIND,
        "Requests for models",
        "somebody asks for a model that a rule locks",
        asks=True,
    ),
)


def connect() -> None:
    """Offer the kinds in everybody's settings."""
    for kind in KINDS:
        register(kind)
    subjects.register(Budget, access.visible)
    subjects.register(BudgetRequest, listing.visible, listing.undecided, buttons=listing.buttons)
    subjects.register(
        MeasuredPrice,
        lambda _: MeasuredPrice.objects.all(),
        updating.waiting,
        buttons=updating.buttons,
    )
    subjects.register(Project, _projects)
    subjects.register(User, _people)


def _projects(user: User) -> QuerySet[Project]:
    """Return the projects whose budgets' spending the user may see."""
    if visibility.sees_all(user):
        return Project.objects.all()
    return Project.objects.filter(memberships__user=user)


def _people(user: User) -> QuerySet[User]:
    """Return the people whose budgets' spending the user may see."""
    return User.objects.all() if visibility.sees_all(user) else User.objects.filter(pk=user.pk)
