"""Creates shared projects with slugs for their URLs."""

from __future__ import annotations

import re
from itertools import chain, count
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from accounts import permissions, roles
from accounts.audit import trail
from projects.models import Membership, Project
from projects.models.project import PRIVATE

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Paths below /projects/ that are not a project's.
RESERVED = frozenset({PRIVATE, "new", "menu"})
_PRIVATE_SLUG = re.compile(rf"{PRIVATE}(-\d+)?")  # slugs of private projects
_BASE_CHARS = 48  # of the column's 60: the rest is for a prefix and a number
_TRIES = 5  # for others who take the same slug at the same moment


def create(by: User, *, name: str, description: str = "", hides_new_runs: bool = False) -> Project:
    """Create a project whose manager is `by`; raises PermissionDenied if their role forbids it."""
    if refusal := refusal_to_create(by):
        raise PermissionDenied(refusal)
    for tries_left in reversed(range(_TRIES)):
        project = Project(
            slug=free_slug(name), name=name, description=description, hides_new_runs=hides_new_runs
        )
        try:
            with transaction.atomic():
                project.save(force_insert=True)
                Membership.objects.create(project=project, user=by, role=Membership.Role.MANAGER)
                trail.record(by, "made", [project])
        except IntegrityError:
            if not tries_left:
                raise
        else:
            break
    return project


def refusal_to_create(person: User) -> str:
    """Return why a person may not create shared projects, and whom to ask; empty if they may.

    All roles may, unless an operator has removed the permission from one in `/admin/`.
    """
    if person.has_perm(permissions.ADD_PROJECT):
        return ""
    return (
        f"Your role does not allow you to create projects. {roles.whom_to_ask()} to create one "
        "for you."
    )


def free_slug(name: str) -> str:
    """Return a free slug for this name, which may be in any script or have no letters (emoji)."""
    base = slugify(name, allow_unicode=True)[:_BASE_CHARS].strip("-_") or "project"
    if _PRIVATE_SLUG.fullmatch(base):
        base = f"shared-{base}"
    alike = Project.objects.filter(slug__startswith=base).values_list("slug", flat=True)
    used_slugs = RESERVED.union(alike)
    slugs = chain([base], (f"{base}-{number}" for number in count(2)))
    return next(slug for slug in slugs if slug not in used_slugs)
