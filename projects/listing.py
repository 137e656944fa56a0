"""A person's projects, as lists show them, with the time of the last activity.

Apps above this one connect the sources of activity here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Count, OuterRef, Subquery

from core.db.name_order import sort_key
from projects.models import Membership, Project
from projects.models.project import private_project

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# (user, keys of projects) → by project, the time of the last activity that the user sees
Latest = Callable[["User", Collection[int]], Mapping[int, datetime]]
_sources: list[Latest] = []
Role = Membership.Role


class Entry(NamedTuple):
    """A project of a person, with their role in it."""

    project: Project
    role: str
    members: int
    active_at: datetime | None

    @property
    def role_label(self) -> str:
        """Return the role's label for pages."""
        return str(Role(self.role).label)


def all_of(user: User) -> list[Entry]:
    """Return the user's projects, archived ones too: the private one first, the rest by name."""
    private_project(user)
    numbers = (
        Membership.objects.filter(project=OuterRef("project"))
        .order_by()
        .values("project")
        .annotate(number=Count("pk"))
        .values("number")
    )
    memberships = (
        Membership.objects.filter(user=user)
        .select_related("project")
        .annotate(members=Subquery(numbers))
    )
    rows = sorted(memberships, key=lambda row: _order(row.project))
    moments = latest_activity(user, [row.project_id for row in rows])
    return [Entry(row.project, row.role, row.members, moments.get(row.project_id)) for row in rows]


def projects_of(user: User) -> list[Project]:
    """Return the user's projects, archived ones too, in the order of `all_of`; one query."""
    return sorted(Project.objects.with_member(user), key=_order)


def to_choose(user: User) -> list[Project]:
    """Return the projects that the user may work in, the private one first, the rest by name."""
    private_project(user)
    return sorted(Project.objects.with_member(user).active(), key=_order)


def _order(project: Project) -> tuple[bool, str, int]:
    return not project.is_private, sort_key(project.name), project.pk


def connect_activity(source: Latest) -> None:
    """Add a source; called in an app's `ready`, which Django may call twice."""
    if source not in _sources:
        _sources.append(source)


def latest_activity(user: User, projects: Collection[int]) -> dict[int, datetime]:
    """Return the time of the last activity that the user sees, by project; omits idle projects."""
    moments: dict[int, datetime] = {}
    for source in _sources:
        for project, moment in source(user, projects).items():
            moments[project] = max(moment, moments.get(project, moment))
    return moments
