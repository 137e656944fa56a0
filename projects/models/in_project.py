"""The base of every row that lives in a project: the project, and whether only its user sees it.

One rule holds for runs, boards, flows, presets, data sets and uploads: the members of a
project see its rows, except hidden ones, which only their user sees.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from accounts import permissions
from projects.models.project import Look, Membership, Project, private_project

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

Role = Membership.Role
MAKERS = (Role.MAKER, Role.MANAGER)
MANAGERS = (Role.MANAGER,)
FORMER = "former member"  # the account is closed, but the work stays


def is_member(
    user: User | AnonymousUser, roles: Collection[str] = Role.values, prefix: str = ""
) -> Exists:
    """Return the condition that the user has one of these roles in a row's project.

    `prefix` is the path to the row, such as `run__`. The database checks the condition for each row
    by a unique index, so it never decides the order in which rows are read.
    """
    memberships = Membership.objects.filter(
        project=OuterRef(f"{prefix}project"), user_id=user.pk or 0
    )
    if len(roles) < len(Role.values):
        memberships = memberships.filter(role__in=roles)
    return Exists(memberships)


def is_shown_to(user: User | AnonymousUser, prefix: str = "") -> Q:
    """Return the condition that a row is the user's own, or not hidden."""
    return Q(**{f"{prefix}user_id": user.pk or 0}) | Q(**{f"{prefix}is_hidden": False})


def is_open_in_house(prefix: str = "") -> Q:
    """Return the condition that a row is in a shared project and not hidden."""
    return Q(**{f"{prefix}is_hidden": False, f"{prefix}project__person": None})


def is_open_to(user: User | AnonymousUser, kind: type[models.Model]) -> Q:
    """Return the condition that the user may read a row, because they see it in their projects.

    With the permission to see everybody's runs, they may also read rows that are open in the house,
    and rows for which they gave a reason (`runs/ownership/looks.py`).
    """
    in_projects = Q(is_shown_to(user), is_member(user))
    if not permissions.may_see_runs(user):
        return in_projects
    readable = in_projects | is_open_in_house()
    if not isinstance(kind._meta.pk, models.UUIDField):
        return readable  # a look names its row by such a key
    looks = Look.objects.filter(
        kind=kind._meta.label_lower, row=OuterRef("pk"), by=user.pk, until__gt=Now()
    )
    return readable | Q(Exists(looks))


Row = TypeVar("Row", bound="InProject")


class InProjectQuerySet(models.QuerySet[Row]):
    """Filters for rows that live in projects."""

    def are_shown_to(self, user: User | AnonymousUser) -> Q:
        """Return the condition that members see a row: `is_shown_to`, unless a kind extends it."""
        return is_shown_to(user)

    def in_project(self, project: Project, user: User | AnonymousUser) -> Self:
        """Rows that a member sees in the project."""
        rows = self.filter(project=project)
        return rows if project.person_id == user.pk else rows.filter(self.are_shown_to(user))

    def own(self, user: User | AnonymousUser) -> Self:
        """The user's own rows, in the projects that they are still a member of."""
        return self.filter(is_member(user), user_id=user.pk or 0)

    def shown_to(self, user: User | AnonymousUser) -> Self:
        """Rows that the user sees in all their projects."""
        return self.filter(self.are_shown_to(user), is_member(user))

    def open_to(self, user: User | AnonymousUser) -> Self:
        """Rows that the user may read, also in projects of others (`is_open_to`)."""
        return self.filter(is_open_to(user, self.model))

    def noticed_by(self, user: User | AnonymousUser) -> Self:
        """Rows whose existence the user may know; all with the permission to see everybody's runs.

        This includes time, owner and cost; only `open_to` gives access to the content.
        """
        return self if permissions.may_see_runs(user) else self.shown_to(user)

    def covered_to(self, user: User | AnonymousUser) -> Self:
        """Rows whose existence the user may know, but which they may read only with a reason.

        No query for users who may not see other people's runs.
        """
        if not permissions.may_see_runs(user):
            return self.none()
        return self.exclude(is_open_to(user, self.model))

    def changeable_by(self, user: User | AnonymousUser) -> Self:
        """Rows that the user sees in projects in which they are a maker or manager."""
        return self.filter(self.are_shown_to(user), is_member(user, MAKERS))

    def removable_by(self, user: User | AnonymousUser) -> Self:
        """The user's own rows, and all rows that they see in projects that they manage."""
        own = Q(is_member(user), user_id=user.pk or 0)
        return self.filter(own | Q(self.are_shown_to(user), is_member(user, MANAGERS)))

    def bulk_create(self, objs: Iterable[Row], *args: Any, **kwargs: Any) -> list[Row]:
        """Insert rows; those without a project live in their user's private one."""
        rows = list(objs)
        for row in rows:
            row.settle()
        return super().bulk_create(rows, *args, **kwargs)


class InProject(models.Model):
    """A row of a user, which lives in exactly one project: by default in their private one.

    Rows of a kind that `goes_along`, such as uploads, do not count: a project that has no other
    rows is empty.
    """

    goes_along: ClassVar[bool] = False

    project = models.ForeignKey(Project, on_delete=models.RESTRICT, related_name="+")
    is_hidden = models.BooleanField(
        default=False, help_text="for its user's own eyes, not for the project's other members"
    )

    if TYPE_CHECKING:
        user: Any
        user_id: int

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row; one without a project lives in its user's private one."""
        self.settle()
        super().save(*args, **kwargs)

    @property
    def audit_name(self) -> str:
        """Return its name for the audit log, which admins read; without private text."""
        is_open = not self.is_hidden and not self.project.is_private
        return str(self) if is_open else f"private {self._meta.verbose_name} {self.pk}"

    def is_shown_with(self, row: InProject) -> bool:
        """Whether everybody who sees `row` as a member of its project sees this row as well."""
        is_as_open = not self.is_hidden or (row.is_hidden and self.user_id == row.user_id)
        return self.project_id == row.project_id and is_as_open

    @property
    def author(self) -> str:
        """The name of its user, marked if they have left the house."""
        name = self.user.get_short_name() or self.user.get_username()
        return str(name if self.user.is_active else f"{name} ({FORMER})")

    def settle(self) -> None:
        """Put a row without a project into its user's private one, where nobody else sees it."""
        if self.project_id is None:
            self.project = private_project(self.user)
