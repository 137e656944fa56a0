"""Template tags for the size of a project's files."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django import template

from projects.models import Project
from runs.results import figures

register = template.Library()


class StorageUse(NamedTuple):
    """The bytes of a project's results and uploads, as counted at a moment."""

    results: int
    uploads: int
    at: datetime


@register.simple_tag
def storage_of(project: Project) -> StorageUse:
    """Return the size of a project's files, from the sums that a worker stores."""
    sums = figures.read(figures.STORAGE_OF_PROJECTS)
    results, uploads = sums.values.get(str(project.pk), (0, 0))
    return StorageUse(results, uploads, sums.made_at)
