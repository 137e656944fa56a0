"""Decides for all interfaces which projects a program's call sees, and in which one it starts runs.

A token sees all projects of its user, or only the one that it is bound to. Its runs start in the
project that the call names by `?project=<slug>`, else in the bound one, else in the private one.
The project chosen in the browser never matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import PermissionDenied

from fal.db_safe import db_safe_text
from projects import roles
from projects.models import InProjectQuerySet, Project
from projects.models.project import PRIVATE, private_project
from projects.rights import Rights
from runs.models import Run, Upload

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from django.contrib.auth.models import User

    from api.models import Token
    from projects.models import InProject

PARAMETER = "project"
MAX_SLUG_CHARS = 60
Rows = TypeVar("Rows", bound=InProjectQuerySet[Any])


class OutOfReach(PermissionDenied):
    """The call names a project that its user or token cannot access."""


@dataclass(frozen=True)
class Reach:
    """The projects of a call: `bound` is its token's only project, `named` comes from the call."""

    user: User
    bound: Project | None = None
    named: Project | None = None
    is_in_private_alone: bool = False  # False: not known

    @property
    def only(self) -> Project | None:
        """Return the call's only project; None if it covers all of its user's."""
        return self.named or self.bound

    def visible_rows(self, rows: Rows) -> Rows:
        """Filter rows, all of which the user may see, to those that the call may see."""
        return rows if self.bound is None else rows.in_project(self.bound, self.user)

    def listed_rows(self, rows: Rows) -> Rows:
        """Filter rows, all of which the user may see, to those that the call lists."""
        return rows if self.only is None else rows.in_project(self.only, self.user)

    def newest(self, rows: Rows, most: int) -> Rows:
        """Return a queryset that contains the newest `most` of these rows that the call lists.

        Each project is queried by its own index, however large it is: for a condition on several
        projects the database would sort their whole histories.
        """
        parts = [rows.in_project(project, self.user) for project in self.projects]
        if len(parts) == 1:
            return parts[0]
        order = ("-created_at", "-pk")
        keys = [part.order_by(*order).values_list("created_at", "pk")[:most] for part in parts]
        merged = sorted(chain.from_iterable(keys), reverse=True)[:most]
        return rows.filter(pk__in=[pk for _, pk in merged])

    @property
    def target(self) -> Project:
        """Return the project in which the call starts runs."""
        return self.only or private_project(self.user)

    def beside(self, row: InProject) -> Project:
        """Return the project for a run that the call starts from this row.

        It is the row's own, unless the call names another one or its user may not change that row.
        """
        if self.only is None and Rights(self.user, row).may_change:
            return row.project
        return self.target

    def require_maker(self) -> Project:
        """Return `target`; raises PermissionDenied if the user may start nothing there."""
        roles.require_maker(self.user, self.target)
        return self.target

    def key_of(self, row: InProject) -> str | None:
        """Return the slug of a row's project; None if the call does not see that project.

        No query for a user who is only in their private project.
        """
        for own_project in (self.only, private_project(self.user)):
            if own_project is not None and own_project.pk == row.project_id:
                return own_project.key
        return self._keys.get(row.project_id)

    @cached_property
    def projects(self) -> list[Project]:
        """The projects that the call sees, the private one first."""
        if self.only is not None:
            return [self.only]
        private = private_project(self.user)
        if self.is_in_private_alone:
            return [private]
        return [private, *Project.objects.with_member(self.user).filter(person=None)]

    @cached_property
    def _keys(self) -> Mapping[int, str]:
        return {project.pk: project.key for project in self.projects}


def reach_of(user: User, token: Token | None, project_name: str | None) -> Reach:
    """Return the reach of a call with this token (None for a login) that names a project.

    Raises OutOfReach if it names a project that is not the user's or the token's.
    """
    bound = token.project if token else None
    is_alone = token.is_in_private_alone if token else False
    if not project_name:
        return Reach(user, bound, None, is_alone)
    if bound is not None:
        if project_name not in (bound.key, bound.slug):
            raise OutOfReach(f"This token works only in the project “{bound.key}”.")
        return Reach(user, bound, bound, is_alone)
    return Reach(user, None, _named(user, project_name), is_alone)


def _named(user: User, slug: str) -> Project:
    if slug == PRIVATE:
        return private_project(user)
    slug = db_safe_text(slug[: MAX_SLUG_CHARS + 1])
    project = Project.objects.with_member(user).filter(slug=slug).first()
    if project is None:
        raise OutOfReach(
            f"You are not a member of a project “{slug}”. List yours: GET /api/v1/projects"
        )
    return project


def may_read_file(token: Token, pk: UUID) -> bool:
    """Return whether a token may read a file of the run or upload with this key.

    A token that is bound to a project reads only that project's files; the page checks the rest.
    """
    if token.project is None:
        return True
    reach = Reach(token.user, token.project)
    return reach.visible_rows(Run.objects.filter(pk=pk)).exists() or (
        reach.visible_rows(Upload.objects.kept().filter(pk=pk)).exists()
    )
