"""Makes shared projects, and the slugs that name them in addresses."""

from __future__ import annotations

import re
from itertools import chain, count
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from accounts import audit
from projects.models import Membership, Project
from projects.models.project import PRIVATE

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Addresses below /projects/ that are no project's.
RESERVED = frozenset({PRIVATE, "new", "menu"})
_PRIVATE_SLUG = re.compile(rf"{PRIVATE}(-\d+)?")  # what private projects have
_BASE_CHARS = 48  # of the column's 60: the rest is for a prefix and a number
_TRIES = 5  # for others who take the same slug at the same moment


def create(by: User, *, name: str, description: str = "", hides_new_runs: bool = False) -> Project:
    """Make a project whose manager is `by`."""
    for left in reversed(range(_TRIES)):
        project = Project(
            slug=free_slug(name), name=name, description=description, hides_new_runs=hides_new_runs
        )
        try:
            with transaction.atomic():
                project.save(force_insert=True)
                Membership.objects.create(project=project, user=by, role=Membership.Role.MANAGER)
                audit.record(by, "made", [project])
        except IntegrityError:
            if not left:
                raise
        else:
            break
    return project


def free_slug(name: str) -> str:
    """Return a slug for this name that no project has, in any script; emoji have no letters."""
    base = slugify(name, allow_unicode=True)[:_BASE_CHARS].strip("-_") or "project"
    if _PRIVATE_SLUG.fullmatch(base):
        base = f"shared-{base}"
    alike = Project.objects.filter(slug__startswith=base).values_list("slug", flat=True)
    taken = RESERVED.union(alike)
    slugs = chain([base], (f"{base}-{number}" for number in count(2)))
    return next(slug for slug in slugs if slug not in taken)
